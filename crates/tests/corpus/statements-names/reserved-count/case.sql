SELECT 1 AS count;
