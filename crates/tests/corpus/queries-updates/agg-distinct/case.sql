CREATE TABLE e (id INT, k STRING, v INT, n DECIMAL(8,2), f BOOLEAN, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'e.json', 'format' = 'json');
CREATE VIEW l AS SELECT id, k, v, n, f FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY p DESC) AS rn FROM e) WHERE rn = 1;
SELECT f, COUNT(DISTINCT k) AS c, SUM(DISTINCT v) AS s, COUNT(DISTINCT v) FILTER (WHERE k = 'a') AS fa, AVG(DISTINCT v) AS a FROM l GROUP BY f;
