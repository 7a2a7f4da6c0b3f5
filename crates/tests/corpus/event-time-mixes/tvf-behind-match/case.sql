CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE VIEW m AS SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.v AS p, MATCH_ROWTIME() AS mt ONE ROW PER MATCH PATTERN (A B?) DEFINE A AS A.v > 0, B AS B.v > A.v) AS m;
SELECT k, window_start, COUNT(*) AS n, SUM(p) AS s FROM TABLE(TUMBLE(TABLE m, DESCRIPTOR(mt), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end;
