CREATE TABLE t (a INT, b STRING, c BOOLEAN, d DATE, e DECIMAL(5, 2), f ARRAY<INT>, g ROW<x INT>, h TIMESTAMP(3)) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json',
  'json.ignore-parse-errors' = 'true');
SELECT * FROM t;
