CREATE TABLE orders (id STRING, k STRING, c STRING, v INT, ts TIMESTAMP(3), p AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE TABLE rates (k STRING, c STRING, rate INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'rates.json', 'format' = 'json');
CREATE VIEW latest AS SELECT k, c, rate, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM rates) WHERE n = 1;
SELECT o.id, o.k, o.v, o.ts, r.k AS rk, r.c AS rc, r.rate, r.ts AS rts
FROM orders AS o  JOIN latest FOR SYSTEM_TIME AS OF o.p AS r ON o.k = r.k;
