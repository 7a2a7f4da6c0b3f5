CREATE TABLE t (a TIMESTAMP_LTZ(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
SET 'table.local-time-zone' = 'Europe/Berlin';
SELECT FLOOR(a TO MONTH) AS m, CEIL(a TO MONTH) AS cm, FLOOR(a TO YEAR) AS y, CEIL(a TO YEAR) AS cy, FLOOR(a TO DAY) AS d, FLOOR(a TO HOUR) AS h FROM t;
