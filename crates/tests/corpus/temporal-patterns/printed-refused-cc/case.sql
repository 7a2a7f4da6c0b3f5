-- cc
CREATE TABLE t (ms BIGINT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT DATE_FORMAT(CAST(TO_TIMESTAMP_LTZ(ms, 3) AS TIMESTAMP(3)), 'cc') AS f, DATE_FORMAT(TO_TIMESTAMP_LTZ(ms, 3), 'cc') AS l FROM t;
