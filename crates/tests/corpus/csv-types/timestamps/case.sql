CREATE TABLE t (i INT, v TIMESTAMP(3), w TIMESTAMP(6), x TIMESTAMP_LTZ(3)) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT * FROM t;
