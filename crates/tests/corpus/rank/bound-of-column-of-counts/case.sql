CREATE TABLE t (id STRING, k STRING, v INT, l BIGINT, n SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, dt DATE,
  top INT, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW c AS SELECT k, s, COUNT(*) AS n, COUNT(v) AS nv, MAX(v) AS mx, MIN(v) AS mn, SUM(l) AS sm, LAST_VALUE(id) AS x FROM t GROUP BY k, s;
SELECT k, s, n, nv, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC) AS rn FROM (SELECT k, s, n, nv FROM c)) WHERE rn <= nv;
