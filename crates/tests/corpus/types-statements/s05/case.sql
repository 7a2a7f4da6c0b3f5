CREATE TABLE t (
  ai ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT ai[1], ai[2], ai[9] FROM t;
