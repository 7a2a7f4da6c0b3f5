CREATE TABLE ord_log (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
CREATE VIEW ord AS SELECT id0, id, amount, note FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM ord_log) WHERE rn = 1;
CREATE TABLE pay_log (id0 INT, oid INT, paid BIGINT, memo STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json');
CREATE VIEW pay AS SELECT id0, oid, paid, memo FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM pay_log) WHERE rn = 1;
SELECT q6.c1 AS c0 FROM (SELECT q5.c1 AS c0, SUM(DISTINCT q5.c1) AS c1 FROM (SELECT q3.memo AS c0, q3.oid AS c1 FROM (SELECT oid, paid, memo FROM pay) AS q3 RIGHT JOIN (SELECT id, amount, note FROM ord) AS q4 ON (q3.paid + 1) = q4.amount) AS q5 GROUP BY q5.c1) AS q6 WHERE q6.c1 IS NOT NULL;
