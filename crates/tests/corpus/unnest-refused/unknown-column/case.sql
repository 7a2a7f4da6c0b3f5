CREATE TABLE t (id INT, d ROW<v ARRAY<INT>, x ROW<items ARRAY<ROW<sku STRING, qty INT>>>>, ar ARRAY<ROW<tags ARRAY<STRING>>>, m MAP<STRING, ARRAY<INT>>, mr MAP<STRING, ROW<sku STRING, qty INT>>, cust ROW<orders ARRAY<ROW<id INT, `lines` ARRAY<ROW<p STRING, n INT>>>>>)
WITH ('connector'='filesystem','path'='t.json','format'='json');
SELECT id, x FROM t CROSS JOIN UNNEST(nope) AS u(x);
