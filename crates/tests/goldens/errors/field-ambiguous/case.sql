CREATE TABLE t (a ROW<f INT>, b ROW<f INT, g INT>, c INT) WITH ('connector' = 'datagen');
SELECT c, g,
  f + 1 FROM t;
