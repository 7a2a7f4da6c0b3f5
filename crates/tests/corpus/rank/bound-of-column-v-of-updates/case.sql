CREATE TABLE t (id STRING, k STRING, v INT, l BIGINT, n SMALLINT, d DECIMAL(10, 2), f DOUBLE, s STRING, b BOOLEAN, dt DATE,
  top INT, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW u AS SELECT id, k, v, l, n, d, f, s, b, dt, top, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS last FROM t)
WHERE last = 1;
SELECT id, k, v, l, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY l DESC) AS rn FROM u) WHERE rn <= v;
