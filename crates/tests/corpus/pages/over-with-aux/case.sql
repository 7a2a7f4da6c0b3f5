CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT w, SUM(n) OVER (ORDER BY w) AS s FROM (SELECT TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE) AS w, COUNT(*) AS n FROM bid GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE));
