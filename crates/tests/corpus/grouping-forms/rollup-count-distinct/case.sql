CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT id, COUNT(DISTINCT note) AS d, COUNT(DISTINCT amount) AS e FROM ord GROUP BY ROLLUP (id);
