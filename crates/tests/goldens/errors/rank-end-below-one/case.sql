CREATE TABLE clicks (user_id STRING, amount DECIMAL(6, 2), n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
WITH ('connector' = 'filesystem', 'path' = 'clicks.json', 'format' = 'json');
SELECT user_id, rn FROM (
  SELECT user_id, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY n) AS rn FROM clicks
) WHERE rn < 1;
