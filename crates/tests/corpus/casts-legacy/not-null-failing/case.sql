-- Refused by Flink: what cannot be cast is NULL in a NOT NULL column.
SET 'table.exec.legacy-cast-behaviour' = 'ENABLED';
SELECT CAST(s AS INT) AS a FROM (VALUES ('abc', 1, TRUE, 2.5), ('12', 300, FALSE, -7.25)) AS x(s, i, bo, d);
