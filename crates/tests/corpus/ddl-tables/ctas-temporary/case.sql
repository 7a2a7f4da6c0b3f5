CREATE TEMPORARY TABLE n WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
SELECT 1 AS done;
