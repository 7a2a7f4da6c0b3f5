CREATE TABLE n (a INT) WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
SELECT 1 AS done;
