CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT note, SUM(DISTINCT (id * 3)) AS a, COUNT(DISTINCT SUBSTRING(note FROM 1 FOR 2)) AS b, COUNT(DISTINCT amount) AS c FROM ord GROUP BY note;
