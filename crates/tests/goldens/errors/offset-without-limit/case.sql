CREATE TABLE clicks (user_id STRING, amount DECIMAL(6, 2), n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
WITH ('connector' = 'filesystem', 'path' = 'clicks.json', 'format' = 'json');
SELECT user_id FROM clicks
ORDER BY n OFFSET 3;
