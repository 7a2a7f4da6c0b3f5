-- The query of examples/attribution-per-checkout without its look-ups: every checkout with its last click.
CREATE TABLE clicks (
    click_id STRING,
    user_id STRING,
    source STRING,
    click_timestamp TIMESTAMP(3),
    WATERMARK FOR click_timestamp AS click_timestamp - INTERVAL '15' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'clicks.json', 'format' = 'json');
CREATE TABLE checkouts (
    checkout_id STRING,
    user_id STRING,
    quantity INT,
    shipping_cost DECIMAL(6, 2),
    discount DECIMAL(6, 2),
    payment_status STRING,
    price DECIMAL(6, 2),
    commission_rate DECIMAL(6, 2),
    gender STRING,
    category STRING,
    checkout_timestamp TIMESTAMP(3),
    WATERMARK FOR checkout_timestamp AS checkout_timestamp - INTERVAL '15' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'checkouts.json', 'format' = 'json');
SELECT
    checkout_id,
    user_id,
    quantity,
    CAST(total_amount AS DECIMAL(6, 2)) AS total_amount,
    payment_status,
    gender,
    category,
    CAST(profit AS DECIMAL(6, 2)) AS profit,
    source,
    checkout_timestamp,
    CAST(click_timestamp AS TIMESTAMP) AS click_timestamp
FROM (
    SELECT
        co.checkout_id,
        co.user_id,
        co.quantity,
        co.price * co.quantity * co.discount AS total_amount,
        co.payment_status,
        co.gender,
        co.category,
        (co.price * co.quantity * co.discount - co.shipping_cost) * co.commission_rate AS profit,
        cl.source,
        CAST(co.checkout_timestamp AS TIMESTAMP(3)) AS checkout_timestamp,
        cl.click_timestamp,
        ROW_NUMBER() OVER (PARTITION BY co.checkout_id ORDER BY cl.click_timestamp DESC) AS rn
    FROM checkouts AS co
    LEFT JOIN clicks AS cl
        ON co.user_id = cl.user_id
        AND co.checkout_timestamp BETWEEN cl.click_timestamp AND cl.click_timestamp + INTERVAL '1' HOUR
)
WHERE rn = 1;
