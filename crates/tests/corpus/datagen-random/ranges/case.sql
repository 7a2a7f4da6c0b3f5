CREATE TABLE t (a INT, b DOUBLE, c DECIMAL(5, 2)) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '50',
  'fields.a.min' = '1',
  'fields.a.max' = '3',
  'fields.b.min' = '0.5',
  'fields.b.max' = '0.75',
  'fields.c.min' = '-3',
  'fields.c.max' = '4');
SELECT a BETWEEN 1 AND 3 AS a, b BETWEEN 0.5 AND 0.75 AS b, c BETWEEN -3 AND 4 AS c FROM t;
