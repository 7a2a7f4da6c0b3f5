CREATE TABLE t (id INT, d ROW<v ARRAY<INT>, x ROW<items ARRAY<ROW<sku STRING, qty INT>>>>, ar ARRAY<ROW<tags ARRAY<STRING>>>, m MAP<STRING, ARRAY<INT>>, mr MAP<STRING, ROW<sku STRING, qty INT>>, cust ROW<orders ARRAY<ROW<id INT, `lines` ARRAY<ROW<p STRING, n INT>>>>>)
WITH ('connector'='filesystem','path'='t.json','format'='json');
CREATE VIEW w AS SELECT id, d, t.d.x AS x FROM t;
WITH q AS (SELECT * FROM w) SELECT id, el, sku FROM q CROSS JOIN UNNEST(q.d.v) AS u(el), UNNEST(q.x.items) AS i(sku, qty);
