CREATE TABLE t (i INT, a ARRAY<INT>, b ARRAY<STRING>, c ARRAY<ARRAY<DOUBLE>>, d ARRAY<DECIMAL(5, 2)>, e ARRAY<TIMESTAMP(3)>) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
