CREATE TABLE co (checkout_id STRING, user_id STRING, quantity INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'co.json', 'format' = 'json');
CREATE TABLE cl (click_id STRING, user_id STRING, source STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'cl.json', 'format' = 'json');
SELECT user_id, checkout_id, click_id FROM co o JOIN (SELECT user_id, click_id, ts AS cts FROM cl) c USING (user_id) WHERE o.ts BETWEEN c.cts AND c.cts + INTERVAL '1' HOUR;
