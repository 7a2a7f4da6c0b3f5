CREATE TABLE pay (id0 INT, oid INT, paid BIGINT, memo STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json');
SELECT q2.paid AS c0, q2.memo AS c1, MIN(q2.paid) AS c2, COUNT(DISTINCT q2.paid) FILTER (WHERE q2.oid IN (2, 2)) AS c3 FROM (SELECT oid, paid, memo FROM pay) AS q2 GROUP BY q2.paid, q2.memo;
