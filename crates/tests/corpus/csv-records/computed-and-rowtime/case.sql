CREATE TABLE t (a INT, ts TIMESTAMP(3), b AS a + 1, WATERMARK FOR ts AS ts) WITH (
  'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT b, ts FROM t WHERE a > 1;
