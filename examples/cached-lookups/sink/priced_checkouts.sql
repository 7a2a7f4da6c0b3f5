CREATE TABLE priced_checkouts (
    checkout_id STRING,
    product_name STRING,
    category STRING,
    total_amount DECIMAL(6, 2),
    checkout_timestamp TIMESTAMP(3)
) WITH (
    'connector' = 'print'
);
