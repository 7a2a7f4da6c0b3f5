CREATE TABLE orders (id STRING, item STRING, amount INT, currency STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
SELECT o.id, v.x FROM orders o, LATERAL (SELECT o.amount * 2 AS x) v;
