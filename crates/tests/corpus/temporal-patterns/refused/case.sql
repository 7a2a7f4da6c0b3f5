-- A DATE has no unit below the second.
CREATE TABLE t (
  dt DATE, tm TIME, ts0 TIMESTAMP(0), ts3 TIMESTAMP(3), ts6 TIMESTAMP(6), ts9 TIMESTAMP(9), lt3 TIMESTAMP_LTZ(3), lt6 TIMESTAMP_LTZ(6), s STRING, i INT, b BIGINT, bo BOOLEAN
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT EXTRACT(NANOSECOND FROM dt) AS c0 FROM t;
