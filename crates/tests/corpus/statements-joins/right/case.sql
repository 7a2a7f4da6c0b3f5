CREATE TABLE co (checkout_id STRING, user_id STRING, quantity INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'co.json', 'format' = 'json');
CREATE TABLE cl (click_id STRING, user_id STRING, source STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'cl.json', 'format' = 'json');
SELECT o.checkout_id, c.click_id FROM co o RIGHT JOIN cl c ON o.user_id = c.user_id AND o.ts BETWEEN c.ts AND c.ts + INTERVAL '10' MINUTE;
