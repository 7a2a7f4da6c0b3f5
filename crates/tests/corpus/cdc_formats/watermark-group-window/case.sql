CREATE TABLE t (id INT, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json');
SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS w, SUM(v) AS s, COUNT(*) AS n FROM t GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
