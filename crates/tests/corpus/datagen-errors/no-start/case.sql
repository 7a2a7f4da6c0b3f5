CREATE TABLE t (a INT) WITH (
  'connector' = 'datagen',
  'fields.a.kind' = 'sequence',
  'fields.a.end' = '5',
  'number-of-rows' = '1');
SELECT * FROM t;
