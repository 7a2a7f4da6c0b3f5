SELECT 1 AS language;
