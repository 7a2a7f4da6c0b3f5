CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT MAX(amount) AS m FROM (SELECT id, COUNT(*) AS c, amount FROM ord GROUP BY id, amount) AS q WHERE c > 0 AND c < 2;
