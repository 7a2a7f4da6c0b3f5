CREATE TABLE orders (id STRING, item STRING, amount INT, currency STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE TABLE rates (currency STRING, rate INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'rates.json', 'format' = 'json');
CREATE VIEW vrates AS SELECT currency, rate, ts
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY currency ORDER BY ts DESC) AS n FROM rates) WHERE n = 1;
SELECT window_start, window_end, SUM(total) AS s FROM TABLE(TUMBLE((SELECT o.ts, o.amount * v.rate AS total FROM orders AS o JOIN vrates FOR SYSTEM_TIME AS OF o.ts AS v ON o.currency = v.currency), DESCRIPTOR(ts), INTERVAL '5' MINUTES)) GROUP BY window_start, window_end;
