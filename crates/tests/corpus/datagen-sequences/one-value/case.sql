CREATE TABLE t (a INT) WITH (
  'connector' = 'datagen',
  'fields.a.kind' = 'sequence',
  'fields.a.start' = '5',
  'fields.a.end' = '5');
SELECT * FROM t;
