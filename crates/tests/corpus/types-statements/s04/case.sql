CREATE TABLE t (
  rr ROW<n ROW<a INT>, z ARRAY<INT>>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT rr.n.a, t.rr.n.a AS q FROM t;
