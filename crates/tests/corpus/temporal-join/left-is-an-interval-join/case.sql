CREATE TABLE orders (id STRING, k STRING, c STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE TABLE pays (id STRING, paid TIMESTAMP(3),
  WATERMARK FOR paid AS paid - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'pays.json', 'format' = 'json');
CREATE TABLE rates (k STRING, c STRING, rate INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY,
  PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'rates.json', 'format' = 'json');
CREATE VIEW paid_orders AS SELECT o.id, o.k, o.ts, p.paid FROM orders AS o JOIN pays AS p ON p.id = o.id AND p.paid BETWEEN o.ts AND o.ts + INTERVAL '5' SECOND;
SELECT o.id, r.rate, r.ts FROM paid_orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.paid AS r ON o.k = r.k;
