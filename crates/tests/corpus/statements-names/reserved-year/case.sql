SELECT 1 AS year;
