SELECT MIN(x) AS m FROM (VALUES ('abc'), ('abd')) AS v(x);
