SELECT
  STR_TO_MAP('a=1,b=2,c=3') AS c1,
  STR_TO_MAP('a=1,a=2') AS c2,
  STR_TO_MAP('a') AS c3,
  STR_TO_MAP('=1') AS c4,
  STR_TO_MAP('a=') AS c5,
  STR_TO_MAP(',a=1,') AS c6,
  STR_TO_MAP('a1b2c3', '[0-9]', 'x') AS c7,
  STR_TO_MAP('a:1;b:2', ';', ':') AS c8,
  STR_TO_MAP('a.1.b.2', '\.', '=') AS c9,
  STR_TO_MAP(CAST(NULL AS STRING)) AS c10,
  STR_TO_MAP('a=1', CAST(NULL AS STRING), '=') AS c11;
