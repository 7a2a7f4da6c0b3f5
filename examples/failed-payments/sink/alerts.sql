-- A line on stdout for every row.
CREATE TABLE alerts (
    checkout_id STRING,
    reason STRING,
    amount DECIMAL(6, 2),
    checkout_timestamp TIMESTAMP(3)
) WITH (
    'connector' = 'print',
    'print-identifier' = 'alert'
);
