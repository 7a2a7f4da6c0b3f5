-- What every product brought in, by minute of the orders' own time. A window's rows come when the watermark passes its
-- end; an order that comes later than that is counted as late and left out.
INSERT INTO revenue
SELECT product_id, window_start, COUNT(*) AS orders, SUM(price) AS revenue
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ordered_at), INTERVAL '1' MINUTE))
GROUP BY product_id, window_start, window_end;
