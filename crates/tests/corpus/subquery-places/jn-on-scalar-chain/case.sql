CREATE TABLE t (id STRING, k STRING, v INT, w BIGINT, s STRING, c CHAR(3), d DECIMAL(6, 2), b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW u AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS rn FROM t) WHERE rn = 1;
CREATE TABLE t2 (id STRING, k STRING, v INT, w BIGINT, s STRING, c CHAR(3), d DECIMAL(6, 2), b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't2.json', 'format' = 'json');
CREATE VIEW u2 AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS rn FROM t2) WHERE rn = 1;
CREATE TABLE t3 (id STRING, k STRING, v INT, w BIGINT, s STRING, c CHAR(3), d DECIMAL(6, 2), b BOOLEAN, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't3.json', 'format' = 'json');
CREATE VIEW u3 AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS rn FROM t3) WHERE rn = 1;
SELECT a.id, b.id AS b, c.id AS c FROM u AS a LEFT JOIN u2 AS b ON a.k = b.k AND b.v >= (SELECT MIN(v) FROM u3) LEFT JOIN u3 AS c ON b.k = c.k AND c.v <= (SELECT MAX(v) FROM u);
