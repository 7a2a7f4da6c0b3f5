CREATE TABLE t (a INT) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '3',
  'fields.a.min' = '5',
  'fields.a.max' = '5');
SELECT * FROM t;
