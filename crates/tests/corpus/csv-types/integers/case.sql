CREATE TABLE t (a TINYINT, b SMALLINT, c INT, d BIGINT) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
