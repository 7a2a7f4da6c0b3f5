CREATE TABLE t (id INT, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE u (id INT PRIMARY KEY NOT ENFORCED, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'debezium-json');
SELECT t.id, t.ts, u.v FROM t LEFT JOIN u FOR SYSTEM_TIME AS OF t.ts ON t.id = u.id;
