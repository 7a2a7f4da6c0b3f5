CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT SUM(id), AVG(id), MIN(id), COUNT(id), COUNT(1) FROM ord WHERE id > 9999 GROUP BY amount;
