CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT i.item, x.supplier, x.price FROM (SELECT DISTINCT item FROM bid) i, LATERAL (SELECT supplier, price FROM (SELECT supplier, price, item, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC, id) AS n FROM bid) WHERE n <= 2 AND item = i.item) x;
