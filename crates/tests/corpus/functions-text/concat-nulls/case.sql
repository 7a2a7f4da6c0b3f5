SELECT
  CONCAT('a', CAST(NULL AS STRING)) AS c1,
  'a' || CAST(NULL AS STRING) AS c2,
  CONCAT_WS(',', 'a', CAST(NULL AS STRING), 'b') AS c3,
  CONCAT_WS(CAST(NULL AS STRING), 'a') AS c4,
  CONCAT_WS(',', CAST(NULL AS STRING)) AS c5,
  CONCAT_WS('', 'a', 'b') AS c6,
  CONCAT('a') AS c7,
  CONCAT('a', 'b', 'c', 'd', 'e') AS c8;
