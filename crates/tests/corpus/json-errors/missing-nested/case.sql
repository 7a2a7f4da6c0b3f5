CREATE TABLE t (a ROW<x INT, y INT>) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json',
  'json.fail-on-missing-field' = 'true');
SELECT * FROM t;
