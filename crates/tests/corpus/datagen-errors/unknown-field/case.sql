CREATE TABLE t (a INT) WITH (
  'connector' = 'datagen',
  'fields.x.min' = '1',
  'number-of-rows' = '1');
SELECT * FROM t;
