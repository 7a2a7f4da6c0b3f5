CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT id, SUM(price) OVER w AS s, AVG(price) OVER w AS a FROM bid WINDOW w AS (PARTITION BY item ORDER BY ts RANGE BETWEEN INTERVAL '2' MINUTE PRECEDING AND CURRENT ROW);
