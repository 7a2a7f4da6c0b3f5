CREATE TABLE pay_log (id0 INT, oid INT, paid BIGINT, memo STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json');
CREATE VIEW pay AS SELECT id0, oid, paid, memo FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM pay_log) WHERE rn = 1;
CREATE TABLE shp_log (id0 INT, sid INT, cost BIGINT, tag STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'shp.json', 'format' = 'json');
CREATE VIEW shp AS SELECT id0, sid, cost, tag FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM shp_log) WHERE rn = 1;
SELECT q7.c0 AS c0, q6.memo AS c1 FROM (SELECT oid, paid, memo FROM pay) AS q6 FULL JOIN (SELECT SUBSTRING(q4.tag, 1, 1) AS c0 FROM (SELECT sid, cost, tag FROM shp) AS q4 INTERSECT SELECT q5.tag AS c0 FROM (SELECT q3.sid, q3.cost, q3.tag FROM shp AS q3 WHERE q3.sid IN (2, 10)) AS q5) AS q7 ON UPPER(q6.memo) = q7.c0 AND 1 = 10;
