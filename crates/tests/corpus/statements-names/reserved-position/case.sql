SELECT 1 AS position;
