CREATE TABLE bid (id STRING, item STRING, supplier STRING, price INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'bid.json', 'format' = 'json');
SELECT item, id FROM (SELECT DISTINCT item FROM bid) i, LATERAL (SELECT id, price FROM bid WHERE item = i.item ORDER BY price DESC LIMIT 3);
