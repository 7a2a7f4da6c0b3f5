SELECT MAX(x) AS m, MIN(x) AS n FROM (VALUES ('abc'), ('b'), ('a')) AS v(x);
