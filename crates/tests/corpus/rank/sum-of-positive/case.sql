CREATE TABLE t (id STRING, k STRING, v INT, l BIGINT, n SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, dt DATE,
  top INT, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW c2 AS SELECT k, s, SUM(v) AS sm, LAST_VALUE(id) AS x FROM t WHERE v >= 0 GROUP BY k, s;
SELECT k, s, sm, x, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY sm DESC) AS rn FROM c2) WHERE rn <= 2;
