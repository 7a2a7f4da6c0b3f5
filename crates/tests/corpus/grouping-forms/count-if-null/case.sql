CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT amount, COUNT(1) AS a, COUNT(IF(note IN ('abc', 'x'), CAST(NULL AS INT), 1)) AS b FROM ord GROUP BY amount;
