-- Digits of other scripts count as whole numbers and not in fractions.
CREATE TABLE t (s STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT s, IS_DECIMAL(s) AS d, IS_DIGIT(s) AS g, IS_ALPHA(s) AS a FROM t;
