CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT q3.c0 AS c0, MAX(COALESCE(q3.c0, 0)) AS c1 FROM (SELECT DISTINCT q2.id AS c0 FROM (SELECT id, amount, note FROM ord) AS q2) AS q3 GROUP BY q3.c0;
