SELECT 1 AS timestamp;
