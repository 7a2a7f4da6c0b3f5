CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT a FROM (SELECT amount, MAX(id) AS a, COUNT(*), MAX(note) AS c FROM ord GROUP BY amount) AS q;
