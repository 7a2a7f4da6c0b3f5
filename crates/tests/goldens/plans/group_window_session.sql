CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');
CREATE TABLE s (k STRING, w TIMESTAMP(3), n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT k, SESSION_START(ts, INTERVAL '10' SECOND), COUNT(*) FROM t GROUP BY k, SESSION(ts, INTERVAL '10' SECOND);
