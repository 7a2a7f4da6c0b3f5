CREATE TABLE t (n INT) WITH ('connector' = 'datagen');
ALTER TABLE t SET ('rows-per-second' = '5',
  'fields.n.kind' = 'ascending');
SELECT n FROM t;
