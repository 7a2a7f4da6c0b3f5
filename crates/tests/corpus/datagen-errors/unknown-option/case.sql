CREATE TABLE t (a INT) WITH (
  'connector' = 'datagen',
  'speed' = '1',
  'number-of-rows' = '1');
SELECT * FROM t;
