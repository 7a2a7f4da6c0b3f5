CREATE TABLE ord_log (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
CREATE VIEW ord AS SELECT id0, id, amount, note FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM ord_log) WHERE rn = 1;
CREATE TABLE shp_log (id0 INT, sid INT, cost BIGINT, tag STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'shp.json', 'format' = 'json');
CREATE VIEW shp AS SELECT id0, sid, cost, tag FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM shp_log) WHERE rn = 1;
SELECT DISTINCT q5.c0 AS c0 FROM (SELECT MOD(q3.cost, 3) AS c0, 'abc' AS c1 FROM (SELECT q1.sid, q1.cost, q1.tag FROM shp AS q1 WHERE (q1.cost + 1) >= q1.cost) AS q3 UNION ALL SELECT q4.amount AS c0, q4.note AS c1 FROM (SELECT q2.id, q2.amount, q2.note FROM ord AS q2 WHERE 10 = q2.id) AS q4) AS q5;
