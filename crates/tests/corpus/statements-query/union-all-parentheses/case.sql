(SELECT 1 AS n, 'a' AS s) UNION ALL (SELECT 2, 'bcd');
