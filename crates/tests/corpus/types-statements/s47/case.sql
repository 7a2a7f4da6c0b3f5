CREATE TABLE t (
  i INT
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT TYPEOF(CASE WHEN i > 0 THEN 'abc' ELSE 'a' END) AS x FROM t;
