CREATE TABLE l (k BIGINT, d DECIMAL(6,2), b BOOLEAN, f DOUBLE, dt DATE, tm TIMESTAMP(6), bin BYTES, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'l.json', 'format' = 'json');
CREATE TABLE r (k INT, d DECIMAL(10,4), s SMALLINT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
WITH ('connector' = 'filesystem', 'path' = 'r.json', 'format' = 'json');
SELECT l.*, r.* FROM l FULL JOIN r ON l.k = r.k AND l.ts BETWEEN r.ts AND r.ts + INTERVAL '1' MINUTE;
