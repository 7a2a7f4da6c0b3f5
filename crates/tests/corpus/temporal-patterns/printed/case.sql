-- Letters of DateTimeFormatter (timestamps) and of SimpleDateFormat (texts, unix times).
CREATE TABLE t (
  dt DATE, tm TIME, ts0 TIMESTAMP(0), ts3 TIMESTAMP(3), ts6 TIMESTAMP(6), ts9 TIMESTAMP(9), lt3 TIMESTAMP_LTZ(3), lt6 TIMESTAMP_LTZ(6), s STRING, i INT, b BIGINT, bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  DATE_FORMAT(ts9, 'G GGGG GGGGG u uu uuuu y yy yyyy') AS c0,
  DATE_FORMAT(ts3, 'Y YY YYYY w ww W e ee eee eeee c ccc') AS c1,
  DATE_FORMAT(lt3, 'D DD DDD M MM MMM MMMM MMMMM L LLL') AS c2,
  DATE_FORMAT(ts3, 'Q QQ QQQ QQQQ q qqq') AS c3,
  DATE_FORMAT(ts3, 'E EEEE EEEEE F a h hh K k H') AS c4,
  DATE_FORMAT(ts9, 'S SSS SSSSSS SSSSSSSSS A n N') AS c5,
  DATE_FORMAT(ts3, 'yyyy-MM-dd''T''HH:mm''''ss') AS c6,
  DATE_FORMAT(ts3, '[yyyy][ VV]ppppd') AS c7,
  DATE_FORMAT(s, 'u F W D ddd EEEEE SSSS') AS c8,
  FROM_UNIXTIME(b, 'u F W D ddd EEEEE SSSS') AS c9,
  FROM_UNIXTIME(b, 'Y w a G k K h') AS c10,
  FROM_UNIXTIME(b, 'Z X XX XXX [y]') AS c11
FROM t;
