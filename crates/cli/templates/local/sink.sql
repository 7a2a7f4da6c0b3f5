-- Rows on stdout; 'connector' = 'jdbc' writes them to Postgres.
CREATE TABLE revenue (
    product_id INT,
    window_start TIMESTAMP(3),
    orders BIGINT,
    revenue DECIMAL(38, 2)
) WITH (
    'connector' = 'print'
);
