WITH v(n, s) AS (VALUES (1, 'a'), (2, 'b')) SELECT s, n FROM v;
