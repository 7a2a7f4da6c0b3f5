-- Maps that were read from JSON, cast or made by STR_TO_MAP list their entries in the order of Java's HashMap.
CREATE TABLE t (i INT, m MAP<STRING, INT>, mm MAP<STRING, INT>, ms MULTISET<STRING>, s STRING)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT i,
  MAP_KEYS(m) AS keys_of_json,
  MAP_VALUES(m) AS values_of_json,
  MAP_ENTRIES(m) AS entries,
  MAP_KEYS(m)[1] AS first_key,
  CAST(m AS STRING) AS as_text,
  CAST(CAST(m AS MAP<STRING, BIGINT>) AS STRING) AS other_values,
  MAP_KEYS(CAST(m AS MAP<CHAR(2), INT>)) AS cut_keys,
  CAST(STR_TO_MAP(s, ',', ':') AS STRING) AS str_to_map,
  MAP_KEYS(TRY_CAST(mm AS MAP<INT, INT>)) AS ints,
  MAP_KEYS(TRY_CAST(mm AS MAP<BIGINT, INT>)) AS bigints,
  MAP_KEYS(TRY_CAST(mm AS MAP<SMALLINT, INT>)) AS smallints,
  MAP_KEYS(TRY_CAST(mm AS MAP<DOUBLE, INT>)) AS doubles,
  MAP_KEYS(TRY_CAST(mm AS MAP<FLOAT, INT>)) AS floats,
  MAP_KEYS(TRY_CAST(mm AS MAP<DECIMAL(20, 2), INT>)) AS decimals,
  MAP_KEYS(TRY_CAST(mm AS MAP<DECIMAL(10, 1), INT>)) AS short_decimals,
  CARDINALITY(MAP_FROM_ARRAYS(ARRAY['b', 'a', 'b'], ARRAY[1, i, 3])) AS twice,
  CAST(MAP_FROM_ARRAYS(ARRAY['b', 'a', 'b'], ARRAY[1, i, 3]) AS STRING) AS twice_as_text
FROM t;
