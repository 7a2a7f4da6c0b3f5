-- A field that is wider than its padding has no text.
CREATE TABLE t (ms BIGINT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT DATE_FORMAT(TO_TIMESTAMP_LTZ(ms, 3), 'pMM ppyyyy') AS l FROM t;
