CREATE TABLE t (id STRING, k STRING, v INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
CREATE TABLE s (a CHAR(1), b VARCHAR(2), c VARBINARY(2), d DATE, e TIME, f TIMESTAMP_LTZ(0), g TIMESTAMP(9),
  h ROW<x BIGINT, y ARRAY<DOUBLE>>, i MAP<STRING, FLOAT>, j ARRAY<ROW<p VARCHAR(1), q DECIMAL(20, 2)>>, k ARRAY<BIGINT NOT NULL>)
WITH ('connector' = 'blackhole');
INSERT INTO s SELECT 'abc', 'abc', x'010203', ts, ts, ts, CAST(ts AS TIMESTAMP_LTZ(3)),
  ROW(v, ARRAY[v, 1]), MAP[id, v], ARRAY[ROW(id, v), ROW(k, 1)], ARRAY[v] FROM t;
SELECT 1 AS done;
