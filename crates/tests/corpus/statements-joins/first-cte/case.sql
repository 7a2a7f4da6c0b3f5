CREATE TABLE co (checkout_id STRING, user_id STRING, quantity INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'co.json', 'format' = 'json');
CREATE TABLE cl (click_id STRING, user_id STRING, source STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'cl.json', 'format' = 'json');
WITH j AS (SELECT o.checkout_id, c.click_id, c.user_id AS uid, c.ts AS cts FROM co o LEFT JOIN cl c ON o.user_id = c.user_id AND o.ts BETWEEN c.ts AND c.ts + INTERVAL '1' HOUR), r AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY uid ORDER BY cts) AS n FROM j) SELECT checkout_id, click_id FROM r WHERE n = 1;
