CREATE TABLE co (checkout_id STRING, user_id STRING, quantity INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'co.json', 'format' = 'json');
CREATE TABLE cl (click_id STRING, user_id STRING, source STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'cl.json', 'format' = 'json');
CREATE VIEW vo AS SELECT * FROM co WHERE quantity < 6;
CREATE VIEW vc AS SELECT ts, user_id AS uid, click_id FROM cl;
SELECT o.checkout_id, c.click_id FROM vo AS o LEFT JOIN vc AS c ON o.user_id = c.uid AND o.ts BETWEEN c.ts AND c.ts + INTERVAL '1' HOUR;
