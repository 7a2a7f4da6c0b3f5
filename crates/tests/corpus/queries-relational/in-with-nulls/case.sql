CREATE TABLE t (a INT, s STRING, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT a NOT IN (SELECT a FROM t WHERE s = 'x') AS x, a IN (SELECT a FROM t WHERE b) AS y, a IN (1, NULL) AS z, a NOT IN (1, CAST(NULL AS INT)) AS w FROM t;
