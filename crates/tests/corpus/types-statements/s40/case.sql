CREATE TABLE t (
  ti TINYINT,
  i INT,
  r ROW<a INT, b STRING, c DECIMAL(5,2)>
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT i, r FROM t UNION ALL SELECT ti, ROW(1,'a',CAST(2 AS DECIMAL(5,2))) FROM t;
