SELECT 1 AS start;
