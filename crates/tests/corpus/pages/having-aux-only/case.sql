CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE) HAVING COUNT(DISTINCT item) > 2 AND TUMBLE_END(ts, INTERVAL '5' MINUTE) <> TIMESTAMP '2024-03-01 08:10:00';
