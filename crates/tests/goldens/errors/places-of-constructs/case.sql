CREATE TABLE t (a INT, s STRING, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT s,
       a
FROM (SELECT *,
             ROW_NUMBER() OVER (PARTITION BY s ORDER BY a DESC) AS n
      FROM t) WHERE n = 1;
SELECT l.a FROM t AS l
  INNER JOIN t AS r
  ON l.a = r.a;
SELECT a FROM t,
  t AS u;
SELECT a FROM t
WHERE a > 1
  AND EXISTS (SELECT 1 FROM t AS u WHERE u.a = t.a);
SELECT a FROM t
WHERE a IN (SELECT u.a FROM t AS u);
SELECT a,
  SUM(a) OVER (PARTITION BY s ORDER BY ts) AS total FROM t;
SELECT *
FROM (SELECT a, ROW_NUMBER() OVER (PARTITION BY s ORDER BY ts) AS n FROM t)
WHERE n >= 3;
