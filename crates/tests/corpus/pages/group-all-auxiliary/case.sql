CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT TUMBLE_START(ts, INTERVAL '5' MINUTE) AS a, TUMBLE_END(ts, INTERVAL '5' MINUTE) AS b, TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE) AS c, COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE);
