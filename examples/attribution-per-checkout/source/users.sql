-- The shop's customers: Postgres, looked up when a checkout is processed.
-- streamsql: allow(L007): every checkout sees the row as it is then; examples/cached-lookups has a cache.
CREATE TEMPORARY TABLE users (
    user_id STRING,
    name STRING,
    email STRING,
    gender STRING,
    birth_day DATE,
    location STRING,
    phone STRING,
    registration_date DATE,
    PRIMARY KEY (user_id) NOT ENFORCED
) WITH (
    'connector' = '{{ connector }}',
    'url' = '{{ url }}',
    'table-name' = '{{ table_name }}',
    'username' = '{{ username }}',
    'password' = '{{ password }}',
    'driver' = '{{ driver }}'
);
