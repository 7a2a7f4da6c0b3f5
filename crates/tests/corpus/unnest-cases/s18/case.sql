SELECT * FROM (VALUES (1, MAP['a',1,'b',2])) AS v(i, mm), UNNEST(mm) AS u(k, v);
