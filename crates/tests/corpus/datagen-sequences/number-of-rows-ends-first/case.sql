CREATE TABLE t (a INT) WITH (
  'connector' = 'datagen',
  'fields.a.kind' = 'sequence',
  'fields.a.start' = '1',
  'fields.a.end' = '100',
  'number-of-rows' = '3');
SELECT * FROM t;
