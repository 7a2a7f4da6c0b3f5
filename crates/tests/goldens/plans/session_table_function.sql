-- Sessions of users, counted by page: the rows get their session first, then they are grouped.
CREATE TABLE clicks (user_id STRING, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'clicks', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json');
CREATE TABLE pages (page STRING, window_start TIMESTAMP(3), window_end TIMESTAMP(3), n BIGINT)
WITH ('connector' = 'blackhole');

INSERT INTO pages
SELECT page, window_start, window_end, COUNT(*)
FROM TABLE(SESSION(TABLE clicks PARTITION BY user_id, DESCRIPTOR(ts), INTERVAL '30' MINUTES))
WHERE user_id <> 'robot' AND page <> '/'
GROUP BY page, window_start, window_end;
