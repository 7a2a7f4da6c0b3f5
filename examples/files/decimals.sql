-- Flink's decimals: what does not fit the scale is rounded half up, NULL stays NULL, division has a scale of its own.
-- Without csv.null-literal an empty amount is an error, in Flink too.
CREATE TABLE payments (
    payment_id STRING,
    user_id STRING,
    amount DECIMAL(6, 2),
    parts INT
) WITH (
    'connector' = 'filesystem',
    'path' = 'examples/files/data/payments.csv',
    'format' = 'csv',
    'csv.null-literal' = ''
);

SELECT
    payment_id,
    amount,
    amount / parts AS part,
    CAST(amount * 1.19 AS DECIMAL(6, 2)) AS with_tax,
    COALESCE(amount, 0) AS known
FROM payments;
