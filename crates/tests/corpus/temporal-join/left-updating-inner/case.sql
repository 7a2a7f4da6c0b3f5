CREATE TABLE orders (id STRING, k STRING, c STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE TABLE rates (k STRING, c STRING, rate INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'rates.json', 'format' = 'json');
CREATE VIEW o_last AS SELECT id, k, c, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM orders) WHERE n = 1;
SELECT o.id, o.k, o.v, o.ts, r.k AS rk, r.c AS rc, r.rate, r.ts AS rts
FROM orders AS o  JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k;
