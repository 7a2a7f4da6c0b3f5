CREATE TABLE t (k STRING, v INT, n VARCHAR(3), ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (v INT, k STRING, n VARCHAR(3), PRIMARY KEY (v) NOT ENFORCED) WITH ('connector' = 'print');
INSERT INTO s SELECT v, k, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM t) WHERE rn = 1;
