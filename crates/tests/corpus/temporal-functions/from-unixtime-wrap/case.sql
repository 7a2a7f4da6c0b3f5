-- Seconds whose milliseconds no BIGINT holds wrap; milliseconds given as seconds are far in the future.
SELECT FROM_UNIXTIME(b) AS a, FROM_UNIXTIME(b, 'yyyy') AS c
FROM (VALUES (CAST(9223372036854775807 AS BIGINT)), (CAST(-9223372036854775807 AS BIGINT)), (CAST(1700000000000 AS BIGINT))) AS x(b);
