CREATE TABLE ord_log (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
CREATE VIEW ord AS SELECT id0, id, amount, note FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM ord_log) WHERE rn = 1;
SELECT MIN(q2.id) FILTER (WHERE COALESCE(q2.id, 0) <> q2.id) AS c0, SUM(DISTINCT CASE WHEN q2.id > 1 THEN q2.id ELSE 5 END) AS c1 FROM (SELECT id, amount, note FROM ord) AS q2;
