CREATE TABLE t (a ARRAY<INT>) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '2',
  'fields.a.element.min' = '4',
  'fields.a.element.max' = '4');
SELECT * FROM t;
