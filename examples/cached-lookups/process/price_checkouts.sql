-- LEFT JOIN: a checkout of an unknown product is kept, with NULLs.
-- streamsql: allow(L008): amounts that DECIMAL(6, 2) cannot hold become NULL, as in the reference job.
INSERT INTO priced_checkouts
SELECT
    co.checkout_id,
    p.product_name,
    p.category,
    p.price * co.quantity * co.discount,
    co.checkout_timestamp
FROM checkouts AS co
LEFT JOIN products FOR SYSTEM_TIME AS OF co.processing_timestamp AS p
    ON co.product_id = p.product_id;
