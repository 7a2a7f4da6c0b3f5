CREATE TABLE n (ts TIMESTAMP(3), WATERMARK FOR tss AS ts) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT ts FROM n;
