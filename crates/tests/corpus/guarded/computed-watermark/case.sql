CREATE TABLE c (
  id INT, a INT, b INT, ts TIMESTAMP(3),
  r AS IF(b = 0, ts, ts + INTERVAL '1' SECOND * (12 / b)),
  WATERMARK FOR r AS r - INTERVAL '1' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT id, r FROM c WHERE b IS NOT NULL;
