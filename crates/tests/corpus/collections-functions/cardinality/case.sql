-- Collections: cardinality.
CREATE TABLE t (
  ai ARRAY<INT>,
  m MAP<STRING,INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CARDINALITY(ai) AS c0,
  CARDINALITY(m) AS c1,
  CARDINALITY(ARRAY[1,2]) AS c2
FROM t;
