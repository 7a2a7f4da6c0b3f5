-- Collections: cast.
CREATE TABLE t (
  i INT,
  s STRING,
  ai ARRAY<INT>,
  ar ARRAY<ROW<x INT, y STRING>>,
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CAST(ai AS ARRAY<STRING>) AS c0,
  CAST(ar AS ARRAY<ROW<p STRING, q STRING>>) AS c1,
  CAST(ROW(i, s) AS ROW<a BIGINT, b VARCHAR(1)>) AS c2,
  CAST(ROW(i, s) AS ROW<a BIGINT, b VARCHAR(1)>).a AS c3,
  CAST(m AS MAP<STRING, STRING>) AS c4,
  CAST(ai AS STRING) AS c5,
  CAST(ar AS STRING) AS c6
FROM t;
