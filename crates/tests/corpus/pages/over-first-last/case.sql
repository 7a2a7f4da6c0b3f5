CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT id, FIRST_VALUE(price) OVER (PARTITION BY item ORDER BY ts) AS p, LAST_VALUE(price) OVER (PARTITION BY item ORDER BY ts) AS q FROM bid;
