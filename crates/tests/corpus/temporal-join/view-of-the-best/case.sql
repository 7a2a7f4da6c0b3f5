CREATE TABLE orders (id STRING, k STRING, c STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE TABLE rates (k STRING, c STRING, rate INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'rates.json', 'format' = 'json');
CREATE VIEW latest AS SELECT k, c, rate, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY rate DESC) AS n FROM rates) WHERE n = 1;
SELECT o.id, r.rate, r.ts
FROM orders AS o  JOIN latest FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k;
