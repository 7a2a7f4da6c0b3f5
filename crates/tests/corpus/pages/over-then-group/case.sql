CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT item, MAX(s) AS m FROM (SELECT item, SUM(price) OVER (PARTITION BY item ORDER BY ts) AS s FROM bid) GROUP BY item;
