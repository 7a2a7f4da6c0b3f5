CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'datagen');
SELECT /*+ STATE_TTL('t' = 'soon') */ k, COUNT(*) AS n FROM t GROUP BY k;
