CREATE TABLE t (id INT, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'debezium-json');
CREATE TABLE u (id INT, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'json');
SELECT t.id FROM t JOIN u ON t.id = u.id AND t.ts BETWEEN u.ts AND u.ts + INTERVAL '5' SECOND;
