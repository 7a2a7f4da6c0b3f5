CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
WITH r AS (SELECT id, item, price, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price) AS n FROM bid) SELECT id, n FROM r WHERE 3 > n;
