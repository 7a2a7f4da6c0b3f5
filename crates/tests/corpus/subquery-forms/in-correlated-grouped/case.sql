CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT id FROM ord o1 WHERE id IN (SELECT id FROM ord WHERE id < 6 AND o1.amount = ord.amount GROUP BY id);
