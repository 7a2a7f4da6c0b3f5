CREATE TABLE t (r ROW<x INT, y STRING>) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '2',
  'fields.r.x.min' = '9',
  'fields.r.x.max' = '9',
  'fields.r.y.length' = '3');
SELECT t.r.x AS x, CHAR_LENGTH(t.r.y) AS y FROM t;
