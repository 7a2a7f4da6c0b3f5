CREATE TABLE t (id STRING, k STRING, v INT, l BIGINT, sm SMALLINT, ti TINYINT, d DECIMAL(10, 2), f DOUBLE, r FLOAT, s STRING, b BOOLEAN,
  dt DATE, tm TIME(0), tl TIMESTAMP(6), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW u AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS n FROM t) WHERE n = 1;
SELECT k, b, MAX(v) AS s FROM u GROUP BY ROLLUP (k, b);
