CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT DISTINCT q5.c0 AS c0, q5.c0 AS c1 FROM (SELECT q3.id AS c0 FROM (SELECT id, amount, note FROM ord) AS q3 INTERSECT ALL SELECT 2 AS c0 FROM (SELECT id, amount, note FROM ord) AS q4) AS q5;
