CREATE TABLE t (a STRING, b CHAR(3), c VARCHAR(2), d BYTES) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
