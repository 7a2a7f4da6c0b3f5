CREATE TABLE t (a INT) WITH (
  'connector' = 'datagen',
  'fields.a.min' = 'x',
  'number-of-rows' = '1');
SELECT * FROM t;
