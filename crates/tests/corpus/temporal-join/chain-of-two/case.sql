CREATE TABLE orders (id STRING, k STRING, c STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE TABLE rates (k STRING, c STRING, rate INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY,
  PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'rates.json', 'format' = 'json');
CREATE TABLE taxes (c STRING, tax INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY,
  PRIMARY KEY (c) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'taxes.json', 'format' = 'json');
SELECT o.id, r.rate, t.tax FROM orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k JOIN taxes FOR SYSTEM_TIME AS OF o.ts AS t ON t.c = o.c;
