CREATE TABLE n (ts TIMESTAMP(6), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT ts FROM n;
