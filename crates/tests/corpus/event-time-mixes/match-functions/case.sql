CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8, 2), s STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES CONCAT(A.s, '-', B.s) AS c, CAST(A.d + B.d AS DECIMAL(10, 3)) AS d, CASE WHEN A.v > 1 THEN 'hi' ELSE 'lo' END AS h, TIMESTAMPDIFF(SECOND, A.ts, B.ts) AS g, UPPER(LAST(B.s)) AS u
PATTERN (A B) DEFINE A AS CHAR_LENGTH(A.s) < 2, B AS MOD(B.id, 2) = 0 OR B.v BETWEEN 1 AND 3) AS T;
