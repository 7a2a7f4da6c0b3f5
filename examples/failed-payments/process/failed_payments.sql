-- Two reasons to look at a checkout, from one reading of the topic.
CREATE VIEW failed AS
SELECT checkout_id, payment_method || ': ' || payment_description AS reason, shipping_cost, checkout_timestamp
FROM checkouts
WHERE payment_status = 'Failed';

CREATE VIEW dear_shipping AS
SELECT checkout_id, 'shipping above 19' AS reason, shipping_cost, checkout_timestamp
FROM checkouts
WHERE shipping_cost > 19;

INSERT INTO alerts
SELECT * FROM failed
UNION ALL
SELECT * FROM dear_shipping;
