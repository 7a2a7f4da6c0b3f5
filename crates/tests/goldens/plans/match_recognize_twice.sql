CREATE TABLE t (k STRING, c STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');
CREATE TABLE s (first_v INT, last_k STRING) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT * FROM (SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts
  MEASURES B.v AS v, MATCH_ROWTIME() AS rt PATTERN (A B) DEFINE B AS B.v > A.v))
MATCH_RECOGNIZE (ORDER BY rt MEASURES FIRST(X.v) AS first_v, LAST(Y.k) AS last_k PATTERN (X+ Y) DEFINE X AS X.k = 'x');
