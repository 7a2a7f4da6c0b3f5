CREATE TABLE orders (id STRING, item STRING, amount INT, currency STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
WITH a AS (SELECT id, amount FROM orders), b (x, y) AS (SELECT id, amount + 1 FROM a) SELECT x, y FROM b;
