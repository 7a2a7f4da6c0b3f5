CREATE TABLE t (a INT, b INT) WITH (
  'connector' = 'datagen',
  'fields.a.kind' = 'sequence',
  'fields.a.start' = '1',
  'fields.a.end' = '100',
  'fields.b.kind' = 'sequence',
  'fields.b.start' = '1',
  'fields.b.end' = '4');
SELECT a FROM t;
