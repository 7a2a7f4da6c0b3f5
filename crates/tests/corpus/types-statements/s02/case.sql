CREATE TABLE t (
  b BIGINT,
  r ROW<a INT, b STRING, c DECIMAL(5,2)>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT t.r.a, r.b, (r).c FROM t;
