CREATE TABLE c (
  id INT, a INT, b INT, s STRING, ts TIMESTAMP(3),
  q AS IF(b = 0, -1, a / b),
  n AS CASE WHEN s SIMILAR TO '[0-9]+' THEN CAST(s AS INT) END,
  ok AS b <> 0 AND a / b > 1
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT id, q, n, ok FROM c;
