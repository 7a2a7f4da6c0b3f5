-- In Postgres before the first start:
--   CREATE TABLE revenue (product_id INT, window_start TIMESTAMP(3), orders BIGINT, revenue NUMERIC(38, 2),
--                         PRIMARY KEY (product_id, window_start));
CREATE TABLE revenue (
    product_id INT,
    window_start TIMESTAMP(3),
    orders BIGINT,
    revenue DECIMAL(38, 2),
    PRIMARY KEY (product_id, window_start) NOT ENFORCED
) WITH (
    'connector' = 'jdbc',
    'url' = '{{ url }}',
    'table-name' = '{{ table_name }}',
    'username' = '{{ username }}',
    'password' = '{{ password }}'
);
