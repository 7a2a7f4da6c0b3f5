CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT SUM(b), COUNT(a), MAX(a), MIN(a), c FROM (SELECT amount AS b, COUNT(note) AS c, SUM(id) AS a FROM ord GROUP BY amount) AS q GROUP BY c;
