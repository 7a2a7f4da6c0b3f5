CREATE TABLE t (a INT) WITH (
  'connector' = 'datagen',
  'fields.a.kind' = 'sequence',
  'fields.a.start' = '1',
  'fields.a.end' = '5',
  'rows-per-second' = '1000');
SELECT * FROM t;
