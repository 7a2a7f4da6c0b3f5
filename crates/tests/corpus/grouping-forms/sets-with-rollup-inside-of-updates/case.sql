CREATE TABLE ord_log (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
CREATE VIEW ord AS SELECT id0, id, amount, note FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id0 ORDER BY p DESC) AS rn FROM ord_log) WHERE rn = 1;
SELECT id, note, COUNT(*) AS c FROM ord GROUP BY GROUPING SETS (ROLLUP (id, note), (note));
