CREATE TABLE t (k INT, v STRING) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
CREATE TABLE unused (a CHAR(0), b VARCHAR(0), c CHAR(1) CHARACTER SET UTF8) WITH ('connector' = 'datagen');
SELECT CAST(v AS CHAR(0)) AS a, CAST(v AS VARCHAR(0)) AS b, CAST(X'41' AS BINARY(0)) AS c, CAST(X'41' AS VARBINARY(0)) AS d,
  CHAR_LENGTH(CAST(v AS CHAR(0))) AS e
FROM t;
