CREATE TABLE orders (id STRING, k STRING, c STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE TABLE rates (k STRING, c STRING, rate INT, d DECIMAL(10, 2), f DOUBLE, b BOOLEAN, dt DATE, tm TIME(0), l BIGINT, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY,
  PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'rates.json', 'format' = 'json');
SELECT o.id, r.d, r.f, r.b, r.dt, r.tm, r.l, r.a, r.m, r.r
FROM orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k;
