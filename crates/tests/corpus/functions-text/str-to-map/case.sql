CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  STR_TO_MAP(s) AS c1,
  STR_TO_MAP(s, ',', '=') AS c2,
  STR_TO_MAP(s, '[a-c]', 'X') AS c3,
  STR_TO_MAP('a=1,b=2') AS c4,
  STR_TO_MAP('a:1|b:2|c', '\|', ':') AS c5,
  STR_TO_MAP('') AS c6,
  STR_TO_MAP('k=v=w,k=2') AS c7,
  STR_TO_MAP('a=1,b=2', '', '') AS c8,
  STR_TO_MAP('a=1,b=2')['b'] AS c9
FROM t;
