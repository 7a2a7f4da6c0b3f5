CREATE TABLE t (
  m MAP<STRING,INT>,
  mi MAP<STRING,STRING>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT m['a'], m['zz'], mi['1'] FROM t;
