-- Timestamps of VALUES have the first one's type and keep the digits of milliseconds.
SELECT a, TYPEOF(a) AS b FROM (VALUES (TIMESTAMP '2020-01-01 00:00:00'), (TIMESTAMP '2020-01-01 00:00:00.123456'), (TIMESTAMP '2020-01-01 00:00:00.5')) AS x(a);
