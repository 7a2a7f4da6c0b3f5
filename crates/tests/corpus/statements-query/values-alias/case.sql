SELECT v.n * 2 AS d, s FROM (VALUES (1, 'a'), (2, 'bb')) AS v(n, s) WHERE n > 1;
