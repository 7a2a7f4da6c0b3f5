CREATE TABLE e (id INT, k STRING, v INT, n DECIMAL(8,2), f BOOLEAN, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'e.json', 'format' = 'json');
CREATE VIEW l AS SELECT id, k, v, n, f FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY p DESC) AS rn FROM e) WHERE rn = 1;
SELECT k, f, COUNT(*) AS c, SUM(v) AS s FROM l GROUP BY GROUPING SETS ((k, f), (f), ());
