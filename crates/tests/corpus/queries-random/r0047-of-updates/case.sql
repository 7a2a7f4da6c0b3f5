CREATE TABLE ord_log (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
CREATE VIEW ord AS SELECT id0, id, amount, note FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM ord_log) WHERE rn = 1;
SELECT 3 AS c0, 'm' AS c1, q2.id AS c2 FROM (SELECT id, amount, note FROM ord) AS q2 WHERE q2.id <= COALESCE(q2.id, 0);
