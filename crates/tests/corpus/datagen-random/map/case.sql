CREATE TABLE t (m MAP<INT, STRING>) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '2',
  'fields.m.key.min' = '3',
  'fields.m.key.max' = '3');
SELECT CARDINALITY(m) AS n, MAP_KEYS(m) AS k FROM t;
