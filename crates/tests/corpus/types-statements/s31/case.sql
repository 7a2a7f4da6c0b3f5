SELECT (1,2) = (1,2) AS a;
