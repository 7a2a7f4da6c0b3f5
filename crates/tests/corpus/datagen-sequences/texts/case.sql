CREATE TABLE t (a STRING, b CHAR(2), c VARCHAR(3), d BYTES) WITH (
  'connector' = 'datagen',
  'fields.a.kind' = 'sequence',
  'fields.a.start' = '8',
  'fields.a.end' = '11',
  'fields.b.kind' = 'sequence',
  'fields.b.start' = '1',
  'fields.b.end' = '9',
  'fields.c.kind' = 'sequence',
  'fields.c.start' = '-1',
  'fields.c.end' = '9',
  'fields.d.kind' = 'sequence',
  'fields.d.start' = '1',
  'fields.d.end' = '9');
SELECT * FROM t;
