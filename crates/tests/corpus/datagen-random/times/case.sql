CREATE TABLE t (a TIMESTAMP(3), b TIMESTAMP_LTZ(3), c DATE) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '2');
SELECT a > TIMESTAMP '2023-01-01 00:00:00' AS a, b > TO_TIMESTAMP_LTZ(0, 3) AS b, c > DATE '2023-01-01' AS c FROM t;
