CREATE TABLE t (k STRING, v INT, d DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');
CREATE TABLE u (k STRING, w BIGINT) WITH ('connector' = 'filesystem', 'path' = 'u', 'format' = 'json');
CREATE TABLE s (k STRING, n BIGINT, m INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
-- The sink's key is the group's; the condition on the count needs old rows all the same. That on the key moves below.
INSERT INTO s SELECT k, COUNT(DISTINCT v), MAX(v) FILTER (WHERE d > 3) FROM t GROUP BY k HAVING k <> 'x' AND COUNT(*) > 1;
