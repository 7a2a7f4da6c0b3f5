CREATE TABLE t (
  id INT, s STRING, n INT, u STRING, b BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  IS_ALPHA(s) AS c1,
  IS_DIGIT(s) AS c2,
  IS_DECIMAL(s) AS c3,
  IS_ALPHA(n) AS c4,
  IS_DIGIT(n) AS c5,
  IS_DECIMAL(n) AS c6,
  IS_ALPHA('abc') AS c7,
  IS_ALPHA('ab1') AS c8,
  IS_ALPHA('äß日') AS c9,
  IS_DIGIT('123') AS c10,
  IS_DIGIT('-1') AS c11,
  IS_DIGIT('٣') AS c12,
  IS_DECIMAL('1.5') AS c13,
  IS_DECIMAL('-1') AS c14,
  IS_DECIMAL('1e5') AS c15,
  IS_DECIMAL(' 1 ') AS c16,
  IS_DECIMAL('1d') AS c17,
  IS_DECIMAL('NaN') AS c18,
  IS_DECIMAL('Infinity') AS c19,
  IS_DECIMAL('0x10') AS c20,
  IS_DECIMAL('0x1p3') AS c21,
  IS_DECIMAL('1.') AS c22,
  IS_DECIMAL('.5') AS c23,
  IS_DECIMAL('.') AS c24,
  IS_DECIMAL('1f') AS c25,
  IS_DECIMAL('+5') AS c26
FROM t;
