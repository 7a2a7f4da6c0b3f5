SELECT 1 AS method;
