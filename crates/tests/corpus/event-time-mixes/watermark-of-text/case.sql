CREATE TABLE t (id INT, k STRING, written STRING, ts AS TO_TIMESTAMP(written, 'yyyy-MM-dd HH:mm:ss.SSS'), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT k, HOP_START(ts, INTERVAL '2' SECOND, INTERVAL '4' SECOND) AS b, COUNT(*) AS n FROM t GROUP BY k, HOP(ts, INTERVAL '2' SECOND, INTERVAL '4' SECOND);
