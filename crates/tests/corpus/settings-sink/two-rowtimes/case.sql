CREATE TABLE s (a STRING, b TIMESTAMP(3), c TIMESTAMP(3)) WITH ('connector' = 'blackhole');
CREATE TABLE co (checkout_id STRING, user_id STRING, quantity INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'co.json', 'format' = 'json');
CREATE TABLE cl (click_id STRING, user_id STRING, source STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'cl.json', 'format' = 'json');
INSERT INTO s SELECT o.checkout_id, o.ts, c.ts FROM co AS o JOIN cl AS c ON o.user_id = c.user_id AND o.ts BETWEEN c.ts AND c.ts + INTERVAL '1' HOUR;
SELECT 1 AS done;
