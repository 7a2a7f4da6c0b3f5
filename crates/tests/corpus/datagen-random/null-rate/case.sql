CREATE TABLE t (a INT, b STRING, c BOOLEAN) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '5',
  'fields.a.null-rate' = '1',
  'fields.b.null-rate' = '1.0',
  'fields.c.null-rate' = '1');
SELECT * FROM t;
