CREATE TABLE orders (
  id INT,
  customer ROW<name STRING, address ROW<city STRING, zip INT>, tier INT>,
  item ROW<sku STRING, price DECIMAL(8, 2), tier ROW<level INT>>,
  note STRING,
  shipped_to AS customer.address.city
) WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
CREATE VIEW priced AS SELECT id, sku, price * 2 AS doubled, o.address FROM orders AS o WHERE price > 1;
CREATE TABLE refunds (id INT, reason ROW<code INT, text STRING>)
WITH ('connector' = 'filesystem', 'path' = 'orders.json', 'format' = 'json');
SELECT
  'orders' AS origin, name, city, zip + 1, orders.sku, level, orders.address.zip, address.city AS town,
  UPPER(orders.city), orders.customer.tier, CASE WHEN zip > 20 THEN name ELSE sku END AS pick, note, shipped_to
FROM orders WHERE name <> 'nobody' AND orders.price < 100 AND zip IS NOT NULL
UNION ALL
SELECT 'view', sku, city, zip, p.city, id, p.zip, CAST(doubled AS STRING), address.city, id, sku, sku, city FROM priced p
UNION ALL
SELECT 'subquery', name, name, n, name, n, n, name, name, n, name, name, name
FROM (SELECT name, zip AS n FROM (SELECT * FROM orders) AS o WHERE level > 1) AS s WHERE n > 0;
