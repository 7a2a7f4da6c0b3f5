CREATE TABLE ord_log (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
CREATE VIEW ord AS SELECT id0, id, amount, note FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM ord_log) WHERE rn = 1;
CREATE TABLE pay_log (id0 INT, oid INT, paid BIGINT, memo STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json');
CREATE VIEW pay AS SELECT id0, oid, paid, memo FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM pay_log) WHERE rn = 1;
CREATE TABLE shp_log (id0 INT, sid INT, cost BIGINT, tag STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'shp.json', 'format' = 'json');
CREATE VIEW shp AS SELECT id0, sid, cost, tag FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM shp_log) WHERE rn = 1;
SELECT id FROM ord WHERE EXISTS (SELECT * FROM pay RIGHT JOIN (SELECT * FROM shp WHERE shp.cost = ord.amount AND sid < 50) AS t1 ON pay.memo = t1.tag);
