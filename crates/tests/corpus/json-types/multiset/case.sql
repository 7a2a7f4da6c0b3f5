CREATE TABLE t (i INT, a MULTISET<STRING>) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
