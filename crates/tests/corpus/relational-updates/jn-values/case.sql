CREATE TABLE t (id STRING, k STRING, v INT, w BIGINT, s STRING, c CHAR(3), d DECIMAL(6, 2), b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW u AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS rn FROM t) WHERE rn = 1;
SELECT a.id, x.t FROM u AS a FULL JOIN (VALUES ('a', 'one'), ('z', 'two'), (CAST(NULL AS STRING), 'three')) AS x(k, t) ON a.k = x.k;
