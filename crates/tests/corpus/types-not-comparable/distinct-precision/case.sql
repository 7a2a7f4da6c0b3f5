-- Refused by Flink: timestamps of unlike precisions.
SELECT a IS DISTINCT FROM TIMESTAMP '2020-01-01 00:00:00' AS c0 FROM (VALUES (CAST('2020-01-01 00:00:00.123' AS TIMESTAMP(3)))) AS x(a);
