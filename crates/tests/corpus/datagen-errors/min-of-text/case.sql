CREATE TABLE t (a STRING) WITH (
  'connector' = 'datagen',
  'fields.a.min' = '1',
  'number-of-rows' = '1');
SELECT * FROM t;
