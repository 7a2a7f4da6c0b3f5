CREATE TABLE t (id STRING, k STRING, v INT, w BIGINT, s STRING, c CHAR(3), d DECIMAL(6, 2), b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW u AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS rn FROM t) WHERE rn = 1;
WITH a AS (SELECT k, v, w FROM u WHERE w IS NOT NULL), b AS (SELECT k, SUM(w) AS s FROM a GROUP BY k), c AS (SELECT MAX(s) AS m FROM b) SELECT b.k, b.s, c.m, b.s = c.m AS best FROM b, c;
