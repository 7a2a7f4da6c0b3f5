SELECT 1 AS date;
