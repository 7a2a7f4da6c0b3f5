CREATE TABLE t (a TIMESTAMP_LTZ(3)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
SET 'table.local-time-zone' = 'America/New_York';
SELECT CAST(a AS DATE) AS d, CAST(a AS TIMESTAMP(3)) AS z, CAST(a AS STRING) AS s, DATE_FORMAT(a, 'yyyy-MM-dd HH:mm:ss') AS f, a + INTERVAL '1' MONTH AS m, a + INTERVAL '1' DAY AS dd, CAST(a AS TIMESTAMP_LTZ(0)) AS z0, TIMESTAMPDIFF(DAY, a, TO_TIMESTAMP_LTZ(0, 3)) AS df, TIMESTAMPADD(MONTH, 1, a) AS am FROM t;
