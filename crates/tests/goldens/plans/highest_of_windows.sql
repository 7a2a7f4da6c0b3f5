-- The highest bids of each window: bids that are below another one of their windows are not kept for the join.
CREATE TABLE bid (auction BIGINT, price BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'bids', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json');
CREATE TABLE highest (auction BIGINT, price BIGINT, ts TIMESTAMP(3)) WITH ('connector' = 'blackhole');

INSERT INTO highest
SELECT b.auction, b.price, b.ts
FROM bid AS b
JOIN (
    SELECT MAX(price) AS price, window_end
    FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '10' SECOND))
    GROUP BY window_start, window_end
) AS w
ON b.price = w.price AND b.ts BETWEEN w.window_end - INTERVAL '10' SECOND AND w.window_end;
