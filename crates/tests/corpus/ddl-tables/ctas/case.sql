CREATE TABLE n WITH ('connector' = 'blackhole') AS SELECT 1 AS a, 'x' AS b;
SELECT 1 AS done;
