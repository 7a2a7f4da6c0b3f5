CREATE TABLE t (a INT, ts TIMESTAMP(3), b AS a * 2, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH (
  'connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
