CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT id, ts, price, SUM(price) OVER (PARTITION BY item ORDER BY ts RANGE BETWEEN INTERVAL '2' MINUTE PRECEDING AND CURRENT ROW) AS s FROM bid;
