SET 'table.exec.legacy-cast-behaviour' = 'ENABLED';
CREATE TABLE t (i INT, s STRING, d DECIMAL(5,2), b BOOLEAN, f DOUBLE, w STRING, dt DATE, ts TIMESTAMP(6), bs BYTES, ar ARRAY<INT>, r ROW<a INT, b STRING>, m MAP<STRING, INT>) WITH ('connector'='filesystem','path'='t.json','format'='json','json.timestamp-format.standard'='SQL');
CREATE VIEW n AS SELECT *, CAST(ts AS TIMESTAMP(3)) AS t3, CAST(ts AS TIMESTAMP_LTZ(3)) AS lz, CAST(i AS BIGINT) AS l, CAST(f AS FLOAT) AS fl, CAST(ts AS TIME) AS tm FROM t;
SELECT CAST(s AS INT) AS c0
FROM n;
