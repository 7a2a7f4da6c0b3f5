CREATE TABLE orders (id STRING, item STRING, amount INT, currency STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE TABLE ships (id STRING, order_id STRING, place STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'ships.json', 'format' = 'json');
SELECT o.id, r.id AS hid FROM orders o, LATERAL (SELECT id FROM ships h WHERE h.order_id = o.id AND h.ts BETWEEN o.ts AND o.ts + INTERVAL '10' MINUTE) r;
