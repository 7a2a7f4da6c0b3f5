CREATE TABLE t (a INT) WITH (
  'connector' = 'datagen',
  'fields.a.kind' = 'serial',
  'number-of-rows' = '1');
SELECT * FROM t;
