CREATE TABLE t (a TIMESTAMP_LTZ(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
SELECT FLOOR(a TO WEEK) AS m, CEIL(a TO WEEK) AS cm FROM t;
