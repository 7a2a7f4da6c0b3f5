CREATE TABLE orders (
    order_id STRING,
    product_id INT,
    price DECIMAL(10, 2),
    ordered_at TIMESTAMP(3),
    WATERMARK FOR ordered_at AS ordered_at - INTERVAL '5' SECOND
) WITH (
    'connector' = 'kafka',
    'topic' = '{{ topic }}',
    'properties.bootstrap.servers' = '{{ bootstrap_servers }}',
    'properties.group.id' = '{{ group_id }}',
    'scan.startup.mode' = 'earliest-offset',
    'format' = 'json'
);
