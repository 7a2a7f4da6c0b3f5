SELECT
  LEFT('abcdef', 3) AS c1,
  RIGHT('abcdef', 3) AS c2,
  LEFT('日本語', 2) AS c3,
  RIGHT('日本語', 2) AS c4,
  LEFT('', 2) AS c5,
  LEFT(CAST(NULL AS STRING), 2) AS c6,
  LEFT('abc', CAST(NULL AS INT)) AS c7,
  LEFT('abc', 2147483647) AS c8;
