-- Texts of all kinds to a type: and-back.
CREATE TABLE t (
  s STRING
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT
  CAST(TRY_CAST(s AS TIMESTAMP(3)) AS STRING) AS c0,
  CAST(TRY_CAST(s AS TIMESTAMP(0)) AS STRING) AS c1,
  CAST(TRY_CAST(s AS DATE) AS STRING) AS c2,
  CAST(TRY_CAST(s AS DOUBLE) AS STRING) AS c3,
  CAST(TRY_CAST(s AS FLOAT) AS STRING) AS c4
FROM t;
