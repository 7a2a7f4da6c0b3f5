CREATE TABLE orders (id STRING, item STRING, amount INT, currency STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE TABLE ships (id STRING, order_id STRING, place STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'ships.json', 'format' = 'json');
SELECT o.id, h.id AS hid FROM orders o LEFT JOIN ships h ON o.id = h.order_id AND h.ts >= o.ts AND h.ts < o.ts + INTERVAL '5' MINUTE;
