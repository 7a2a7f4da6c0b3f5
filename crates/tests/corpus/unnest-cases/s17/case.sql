SELECT * FROM (VALUES (1, ARRAY[ROW(1,'a'),ROW(2,'b')])) AS v(i, arr) CROSS JOIN UNNEST(arr) AS u(x, y);
