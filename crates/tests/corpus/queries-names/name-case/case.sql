CREATE TABLE w (`a` INT, `A` INT, `a.b` INT, `sum(v)` INT, `count(*)` INT, `x y` STRING, `w` INT, v INT, `select` INT, `EXPR$0` INT) WITH ('connector' = 'filesystem', 'path' = 'w.json', 'format' = 'json');
SELECT a, A, SUM(v) AS s FROM w GROUP BY a, A;
