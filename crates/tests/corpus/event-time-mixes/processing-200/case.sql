CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, FIRST_VALUE(id) OVER w AS c0, FIRST_VALUE(s) OVER w AS c1, LAST_VALUE(id) OVER w AS c2 FROM t WINDOW w AS (ORDER BY pt );
