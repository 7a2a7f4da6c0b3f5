CREATE TABLE t (k STRING, v INT, d DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');
CREATE TABLE u (k STRING, w BIGINT) WITH ('connector' = 'filesystem', 'path' = 'u', 'format' = 'json');
CREATE TABLE s (n BIGINT, m BIGINT) WITH ('connector' = 'print');
-- The upper aggregate takes rows back; the calls that nobody reads are not made.
INSERT INTO s SELECT n, COUNT(*) FROM (SELECT k, COUNT(*) AS n, SUM(d) AS unread FROM t GROUP BY k) GROUP BY n;
