CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts, id MEASURES FIRST(C.id) AS m0, LAST(C.id) AS m1, C.ts AS e0, MATCH_ROWTIME() AS e1 ONE ROW PER MATCH AFTER MATCH SKIP TO NEXT ROW PATTERN (A{2} B* C+?) DEFINE A AS A.v > 0, B AS B.v <= 2, C AS C.v > 0);
