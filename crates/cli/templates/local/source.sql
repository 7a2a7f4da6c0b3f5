-- Made-up orders, so that the job runs at once; 'connector' = 'kafka' reads real ones.
CREATE TABLE orders (
    order_id STRING,
    product_id INT,
    price DECIMAL(10, 2),
    ordered_at TIMESTAMP(3),
    WATERMARK FOR ordered_at AS ordered_at - INTERVAL '5' SECOND
) WITH (
    'connector' = 'datagen',
    'rows-per-second' = '{{ rows_per_second }}',
    'fields.order_id.length' = '8',
    'fields.product_id.min' = '1',
    'fields.product_id.max' = '5',
    'fields.price.min' = '1',
    'fields.price.max' = '100',
    'fields.ordered_at.max-past' = '3 s'
);
