CREATE TABLE w (`a` INT, `A` INT, `a.b` INT, `sum(v)` INT, `count(*)` INT, `x y` STRING, `w` INT, v INT, `select` INT, `EXPR$0` INT) WITH ('connector' = 'filesystem', 'path' = 'w.json', 'format' = 'json');
SELECT SUM(v) AS `sum(v)`, MAX(`sum(v)`) AS m, COUNT(*) AS `count(*)`, SUM(`count(*)`) AS z FROM w;
