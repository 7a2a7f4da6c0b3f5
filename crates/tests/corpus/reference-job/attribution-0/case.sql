CREATE TABLE clicks (click_id STRING, user_id STRING, source STRING, user_agent STRING, ip_address STRING, click_timestamp TIMESTAMP(3),
  processing_timestamp AS PROCTIME(), WATERMARK FOR click_timestamp AS click_timestamp - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'clicks.json', 'format' = 'json');
CREATE TABLE checkouts (checkout_id STRING, user_id STRING, product_id STRING, quantity INT, shipping_cost DECIMAL(6,2), discount DECIMAL(6,2),
  payment_method STRING, payment_status STRING, payment_description STRING, shipping_address STRING, checkout_timestamp TIMESTAMP(3),
  processing_timestamp AS PROCTIME(), WATERMARK FOR checkout_timestamp AS checkout_timestamp - INTERVAL '15' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'checkouts.json', 'format' = 'json');
CREATE VIEW joined AS SELECT co.*, cl.click_id, cl.user_id AS cl_user, cl.source, cl.click_timestamp,
  CAST(12.34 AS DECIMAL(6,2)) * co.quantity * co.discount AS total
FROM checkouts co LEFT JOIN clicks cl ON co.user_id = cl.user_id
AND co.checkout_timestamp BETWEEN cl.click_timestamp AND cl.click_timestamp + INTERVAL '1' HOUR;

SELECT checkout_id, cl_user, total, (total - shipping_cost) * CAST(0.15 AS DECIMAL(6,2)) AS profit, payment_description, checkout_timestamp
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cl_user ORDER BY click_timestamp) AS rn FROM joined) WHERE rn = 1;
