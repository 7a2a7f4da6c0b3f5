CREATE TABLE t (v INT, p STRING METADATA FROM 'file.path' VIRTUAL, m TIMESTAMP_LTZ(3) METADATA FROM 'file.modification-time') WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'json');
SELECT v, p LIKE '%/d/one' AS p, m > TO_TIMESTAMP_LTZ(0, 3) AS m FROM t;
