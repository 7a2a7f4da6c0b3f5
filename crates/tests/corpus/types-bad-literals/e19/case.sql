-- Refused by Flink.
SELECT a FROM (VALUES (1), (2)) AS x(a) WHERE a != 1;
