CREATE TABLE orders (id STRING, item STRING, amount INT, currency STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE TABLE rates (currency STRING, rate INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'rates.json', 'format' = 'json');
CREATE VIEW vrates AS SELECT currency, rate, ts
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY currency ORDER BY ts DESC) AS n FROM rates) WHERE n = 1;
SELECT o.id, a.rate AS r1, b.rate AS r2 FROM orders AS o LEFT JOIN vrates FOR SYSTEM_TIME AS OF o.ts AS a ON o.currency = a.currency LEFT JOIN vrates FOR SYSTEM_TIME AS OF o.ts AS b ON o.currency = b.currency;
