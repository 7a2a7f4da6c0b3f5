CREATE TABLE t (i INT, v DECIMAL(10, 2), w DECIMAL(38, 18), x DECIMAL(38, 0), y DECIMAL) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
