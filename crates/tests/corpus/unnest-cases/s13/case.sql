CREATE TABLE t (
  i INT,
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT i, k, v FROM t LEFT JOIN UNNEST(m) AS u(k, v) ON TRUE;
