SELECT 1 AS offset;
