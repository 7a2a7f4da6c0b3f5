CREATE TABLE t (id BIGINT, k STRING, v INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SET 'table.exec.state.ttl' = '1 d';
CREATE TABLE s (k STRING, n BIGINT) WITH ('connector' = 'print');
INSERT INTO s SELECT k, n FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY n DESC) AS rn FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k)) WHERE rn <= 3;
