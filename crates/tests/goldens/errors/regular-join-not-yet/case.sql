CREATE TABLE clicks (user_id STRING, amount DECIMAL(6, 2), n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
WITH ('connector' = 'filesystem', 'path' = 'clicks.json', 'format' = 'json');
SELECT a.n FROM clicks AS a JOIN clicks AS b ON a.user_id = b.user_id;
