-- One row for every checkout, with the last click of its user in the hour before it; NULLs where there was none.
--
-- PARTITION BY checkout_id: every checkout has a row number of its own.
-- CAST of checkout_timestamp: a plain TIMESTAMP leaves the click's time as the only time attribute of the subquery.
-- With two of them Flink compares the first one, whatever ORDER BY names, and among the clicks of one checkout the
-- first is always equal.
--
-- streamsql: allow(L001): a row for every checkout is what this job is for.
-- streamsql: allow(L008): amounts that DECIMAL(6, 2) cannot hold become NULL, as in the reference job.
INSERT INTO checkout_attribution
SELECT
    checkout_id,
    user_id,
    product_id,
    quantity,
    total_amount,
    payment_method,
    payment_status,
    payment_description,
    gender,
    category,
    profit,
    source,
    checkout_timestamp,
    click_timestamp
FROM (
    SELECT
        co.checkout_id,
        u.user_id,
        p.product_id,
        co.quantity,
        p.price * co.quantity * co.discount AS total_amount,
        co.payment_method,
        co.payment_status,
        co.payment_description,
        u.gender,
        p.category,
        (p.price * co.quantity * co.discount - co.shipping_cost) * p.commission_rate AS profit,
        cl.source,
        CAST(co.checkout_timestamp AS TIMESTAMP(3)) AS checkout_timestamp,
        cl.click_timestamp,
        ROW_NUMBER() OVER (PARTITION BY co.checkout_id ORDER BY cl.click_timestamp DESC) AS rn
    FROM checkouts AS co
    JOIN users FOR SYSTEM_TIME AS OF co.processing_timestamp AS u
        ON co.user_id = u.user_id
    JOIN products FOR SYSTEM_TIME AS OF co.processing_timestamp AS p
        ON co.product_id = p.product_id
    LEFT JOIN clicks AS cl
        ON co.user_id = cl.user_id
        AND co.checkout_timestamp BETWEEN cl.click_timestamp AND cl.click_timestamp + INTERVAL '1' HOUR
)
WHERE rn = 1;
