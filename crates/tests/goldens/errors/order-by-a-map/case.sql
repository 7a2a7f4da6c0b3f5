CREATE TABLE clicks (user_id STRING, amount DECIMAL(6, 2), n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
WITH ('connector' = 'filesystem', 'path' = 'clicks.json', 'format' = 'json');
CREATE TABLE m (a MAP<STRING, INT>) WITH ('connector' = 'filesystem', 'path' = 'm.json', 'format' = 'json');
SELECT a FROM m
ORDER BY a LIMIT 3;
