CREATE TABLE t (k STRING, c STRING, v INT, w INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');
CREATE TABLE s (k STRING, low INT, rt TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT k, low, MAX(rt) AS rt FROM t MATCH_RECOGNIZE (
  PARTITION BY k ORDER BY ts, v DESC
  MEASURES FIRST(A.v) AS high, LAST(B.v, 1) AS low, SUM(B.w * 2) AS s, MATCH_ROWTIME() AS rt
  ONE ROW PER MATCH AFTER MATCH SKIP TO LAST B
  PATTERN (A{2,} B+? C) WITHIN INTERVAL '1' HOUR
  DEFINE A AS A.v > 3, B AS B.v < LAST(B.v, 1) OR COUNT(B.v) = 1
) AS m GROUP BY k, low;
