CREATE TABLE t (ts TIMESTAMP(3), z TIMESTAMP_LTZ(3), d DATE) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT ts FROM t WHERE ts >= CURRENT_TIMESTAMP - INTERVAL '1' DAY;
SELECT ts FROM t WHERE z <= ts;
SELECT ts FROM t WHERE d = ts;
SELECT ts FROM t WHERE ts BETWEEN z AND z + INTERVAL '1' HOUR;
