CREATE TABLE pay_log (id0 INT, oid INT, paid BIGINT, memo STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json');
CREATE VIEW pay AS SELECT id0, oid, paid, memo FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM pay_log) WHERE rn = 1;
SELECT oid, paid, memo FROM pay;
