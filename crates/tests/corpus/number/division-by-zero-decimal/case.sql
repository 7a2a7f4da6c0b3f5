CREATE TABLE t (
  id INT, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), h DECIMAL(38, 10), z DECIMAL(20, 0), w DECIMAL(38,0), s STRING
) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
SELECT
  id,
  m / (m - m) AS c1
FROM t;
