CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT id, LAG(price) OVER (PARTITION BY item ORDER BY ts) AS p, LAG(price, 2, 0) OVER (PARTITION BY item ORDER BY ts) AS q FROM bid;
