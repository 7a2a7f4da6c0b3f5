-- Values of NOT NULL columns keep their NOT NULL type.
SET 'table.exec.legacy-cast-behaviour' = 'ENABLED';
SELECT CAST(i AS STRING) AS a, CAST(bo AS STRING) AS b, CAST(i AS TINYINT) AS c, CAST(s AS CHAR(5)) AS e, TYPEOF(CAST(i AS STRING)) AS f, TYPEOF(CAST(s AS VARCHAR(2))) AS g, TYPEOF(CAST('12' AS INT)) AS h, CAST(d AS DECIMAL(3, 1)) AS j, TRY_CAST(s AS INT) AS k, CAST(s AS INT) IS NULL AS l FROM (VALUES ('abc', 1, TRUE, 2.5), ('12', 300, FALSE, -7.25)) AS x(s, i, bo, d);
