-- Texts as decimals: short texts and narrow decimals have a reader of their own, which lets one wrong sign pass.
CREATE TABLE t (id INT, s STRING) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT id,
  TRY_CAST(s AS DECIMAL(12, 4)) AS c0,
  TRY_CAST(s AS DECIMAL(38, 4)) AS c1,
  TRY_CAST(s AS DECIMAL(18, 0)) AS c2,
  TRY_CAST(s AS DECIMAL(19, 0)) AS c3,
  TRY_CAST(s AS DECIMAL(2, 1)) AS c4,
  TRY_CAST(CAST(s AS VARCHAR(3)) AS DECIMAL(12, 4)) AS c5,
  TRY_CAST('.' AS DECIMAL(12, 4)) AS c6,
  TRY_CAST(CAST(s AS CHAR(3)) AS DECIMAL(12, 4)) AS c7,
  TRY_CAST(s || '                ' AS DECIMAL(12, 4)) AS c8
FROM t;
