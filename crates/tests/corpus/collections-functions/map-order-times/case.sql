-- Maps cast to other keys list their entries in the order of Java's HashMap.
CREATE TABLE t (m MAP<STRING, INT>) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT
  CAST(TRY_CAST(m AS MAP<DATE, INT>) AS STRING) AS dates,
  CAST(TRY_CAST(m AS MAP<TIMESTAMP(0), INT>) AS STRING) AS timestamps0,
  CAST(TRY_CAST(m AS MAP<TIMESTAMP(3), INT>) AS STRING) AS timestamps3,
  CAST(TRY_CAST(m AS MAP<TIMESTAMP(6), INT>) AS STRING) AS timestamps6,
  CAST(TRY_CAST(m AS MAP<TIMESTAMP(9), INT>) AS STRING) AS timestamps9,
  CAST(TRY_CAST(m AS MAP<TIMESTAMP_LTZ(3), INT>) AS STRING) AS instants,
  CAST(TRY_CAST(m AS MAP<TIME, INT>) AS STRING) AS times,
  CAST(TRY_CAST(m AS MAP<BOOLEAN, INT>) AS STRING) AS truth
FROM t;
