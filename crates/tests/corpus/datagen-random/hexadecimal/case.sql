CREATE TABLE t (a STRING) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '5');
SELECT REGEXP(a, '^[0-9a-f]{100}$') AS a FROM t;
