SET 'table.exec.state.ttl' = '1 h';
CREATE TABLE t (k STRING, v INT, d DECIMAL(10, 2), ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (k STRING, v INT, a DECIMAL(38, 6), n BIGINT, m INT) WITH ('connector' = 'print');
-- An average is a sum and a count; the sum of v + 1 is not used.
INSERT INTO s SELECT k, v, a, n, m FROM (
  SELECT k, v, AVG(d) OVER w AS a, COUNT(DISTINCT v) OVER w AS n, MAX(v) OVER w AS m, SUM(v + 1) OVER w AS unused
  FROM t WINDOW w AS (PARTITION BY UPPER(k) ORDER BY ts RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND CURRENT ROW));
-- A number without a filter, by processing time, is a count of ROWS.
INSERT INTO s SELECT k, v, d, ROW_NUMBER() OVER (PARTITION BY k ORDER BY p), v FROM t;
-- LAG and a function without a frame have one window.
INSERT INTO s SELECT k, LAG(v, 2, 0) OVER (PARTITION BY k ORDER BY ts), d, COUNT(*) OVER (PARTITION BY k ORDER BY ts), v FROM t;
INSERT INTO s SELECT k, v, d, 1, SUM(v) OVER (ORDER BY ts ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) FROM t;
