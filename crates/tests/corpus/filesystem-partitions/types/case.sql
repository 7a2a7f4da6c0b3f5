CREATE TABLE t (v INT, a STRING, b INT, c BIGINT, d BOOLEAN, e DATE, f DOUBLE, g SMALLINT, h TINYINT, i FLOAT) PARTITIONED BY (a, b, c, d, e, f, g, h, i) WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'json');
SELECT * FROM t;
