SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS x (i, s) LEFT JOIN (VALUES (2, 'z')) AS y (i, t) ON x.i = y.i;
