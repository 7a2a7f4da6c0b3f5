CREATE TABLE t (a TIMESTAMP(3)) WITH (
  'connector' = 'datagen',
  'fields.a.kind' = 'sequence',
  'fields.a.start' = '1',
  'fields.a.end' = '2',
  'number-of-rows' = '1');
SELECT * FROM t;
