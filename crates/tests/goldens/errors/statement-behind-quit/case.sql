CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
QUIT;
SELECT * FROM t;
