-- Refused by Flink: a NOT NULL value hides what stands behind it.
SET 'table.exec.legacy-cast-behaviour' = 'ENABLED';
SELECT COALESCE(CAST(s AS INT), 0) AS a FROM (VALUES ('abc', 1, TRUE, 2.5), ('12', 300, FALSE, -7.25)) AS x(s, i, bo, d);
