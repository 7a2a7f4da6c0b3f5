CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
CREATE VIEW b AS SELECT * FROM bid WHERE item IS NOT NULL;
SELECT i.item, x.id, x.price FROM (SELECT DISTINCT item FROM b) i, LATERAL (SELECT id, price FROM b WHERE item = i.item ORDER BY price DESC, id LIMIT 2) x;
