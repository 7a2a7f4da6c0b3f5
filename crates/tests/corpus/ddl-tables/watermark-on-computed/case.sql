CREATE TABLE n (id INT, ts TIMESTAMP(3), rt AS ts + INTERVAL '1' SECOND, WATERMARK FOR rt AS rt - INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, rt FROM n;
