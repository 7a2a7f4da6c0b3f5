CREATE TABLE t (
  ts3 TIMESTAMP(3),
  lt3 TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'input.json', 'format' = 'json');
SELECT ts3 FROM t UNION ALL SELECT lt3 FROM t;
