CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'b', 'format' = 'json');
CREATE TABLE u (k STRING, w BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) WITH ('connector' = 'kafka', 'topic' = 'u', 'properties.bootstrap.servers' = 'b', 'format' = 'json');
CREATE TABLE s (k STRING, v INT, w BIGINT) WITH ('connector' = 'print');
-- Only the conditions above the projection make an interval join of this one.
CREATE VIEW pairs AS SELECT t.k AS k, t.v AS v, t.ts AS t_time, u.w AS w, u.ts AS u_time FROM t JOIN u ON t.k = u.k;
INSERT INTO s SELECT k, v, w FROM pairs WHERE u_time BETWEEN t_time AND t_time + INTERVAL '1' HOUR AND v > 3 AND w < 100;
