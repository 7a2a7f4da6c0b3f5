CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'ogg-json');
SELECT * FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY weight DESC) AS rn FROM t) WHERE rn <= 1;
