CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT ARRAY[id, 1] AS a, COUNT(*) AS c FROM ord GROUP BY ARRAY[id, 1];
