CREATE TABLE t (`a b` INT, `A` INT, a INT, `é` STRING, `x"y` INT) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
