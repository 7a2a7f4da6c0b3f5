CREATE TABLE t (i INT, v TIMESTAMP(3), w TIMESTAMP(0), x TIMESTAMP(6), y TIMESTAMP) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
