CREATE TABLE t (b TIMESTAMP_LTZ(3), d TIMESTAMP_LTZ(9)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
SET 'table.local-time-zone' = 'Europe/Berlin';
SELECT EXTRACT(HOUR FROM b) AS h, MINUTE(b) AS m, SECOND(b) AS s, EXTRACT(MILLISECOND FROM b) AS ms, EXTRACT(MICROSECOND FROM d) AS us, EXTRACT(NANOSECOND FROM d) AS ns, HOUR(d) AS hd, MINUTE(d) AS md, SECOND(d) AS sd, EXTRACT(EPOCH FROM b) AS ep, FLOOR(b TO HOUR) AS fh, CEIL(b TO DAY) AS cd, CAST(b AS DATE) AS dt, CAST(d AS STRING) AS st FROM t;
