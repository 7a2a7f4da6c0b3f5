-- The shop's database: tables, their data, and the role that the dashboard reads with.
--
--   psql -c "SET shop.data = '$PWD/data'" -f postgres/init.sql
--
-- shop.data is the folder of users.csv and products.csv as the server sees it; /data when it is not set. Run it as a
-- superuser (COPY reads files of the server). It can be run again: it keeps what is there.

CREATE SCHEMA IF NOT EXISTS shop;

CREATE TABLE IF NOT EXISTS shop.users (
    user_id VARCHAR(255) PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    email VARCHAR(255),
    gender VARCHAR(255),
    birth_day DATE,
    location VARCHAR(255),
    phone VARCHAR(255),
    registration_date DATE
);

CREATE TABLE IF NOT EXISTS shop.products (
    product_id VARCHAR(255) PRIMARY KEY,
    product_name VARCHAR(255) NOT NULL,
    category VARCHAR(255),
    brand VARCHAR(255),
    price NUMERIC NOT NULL,
    commission_rate NUMERIC NOT NULL
);

CREATE TABLE IF NOT EXISTS shop.checkout_attribution (
    checkout_id VARCHAR(255) PRIMARY KEY,
    user_id VARCHAR(255),
    product_id VARCHAR(255),
    quantity INT,
    total_amount DOUBLE PRECISION,
    payment_method VARCHAR(255),
    payment_status VARCHAR(255),
    payment_description VARCHAR(255),
    gender VARCHAR(255),
    category VARCHAR(255),
    profit DOUBLE PRECISION,
    source VARCHAR(255),
    checkout_timestamp TIMESTAMP,
    click_timestamp TIMESTAMP
);

-- The dashboard asks for the last hour.
CREATE INDEX IF NOT EXISTS checkout_attribution_time ON shop.checkout_attribution (checkout_timestamp);

DO $$
DECLARE
    folder text := coalesce(nullif(current_setting('shop.data', true), ''), '/data');
BEGIN
    IF NOT EXISTS (SELECT FROM shop.users) THEN
        EXECUTE format('COPY shop.users FROM %L WITH (FORMAT csv, HEADER true)', folder || '/users.csv');
    END IF;
    IF NOT EXISTS (SELECT FROM shop.products) THEN
        EXECUTE format('COPY shop.products FROM %L WITH (FORMAT csv, HEADER true)', folder || '/products.csv');
    END IF;
END
$$;

-- grafana may read the sink table and nothing else. Its password is no secret: whoever may see the dashboard may see
-- what it reads.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana') THEN
        CREATE ROLE grafana LOGIN PASSWORD 'grafana';
    END IF;
END
$$;
ALTER ROLE grafana SET search_path = shop;
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '30s';
GRANT USAGE ON SCHEMA shop TO grafana;
GRANT SELECT ON shop.checkout_attribution TO grafana;
