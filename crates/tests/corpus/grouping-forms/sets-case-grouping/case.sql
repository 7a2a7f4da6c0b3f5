CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT CASE WHEN GROUPING(id) = 1 THEN 'all' ELSE CAST(id AS STRING) END AS k, SUM(amount) AS s FROM ord GROUP BY ROLLUP (id);
