-- Refused by Flink.
CREATE TABLE t (
  ai ARRAY<INT>,
  aj ARRAY<INT>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  ARRAY_EXCEPT(ai, aj) AS c0
FROM t;
