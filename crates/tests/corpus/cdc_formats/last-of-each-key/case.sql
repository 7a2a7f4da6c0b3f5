CREATE TABLE t (id INT, name STRING, weight DECIMAL(10, 3), pt AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'ogg-json');
SELECT id, name FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY pt DESC) AS rn FROM t) WHERE rn = 1;
