USE nosuch;
SELECT 1;
