-- The highest bids of every ten seconds.
CREATE TABLE q7 (auction BIGINT, bidder BIGINT, price BIGINT, dateTime TIMESTAMP(3), extra STRING)
WITH ('connector' = 'blackhole');

INSERT INTO q7
SELECT b.auction, b.bidder, b.price, b.dateTime, b.extra
FROM bid AS b
JOIN (
    SELECT MAX(price) AS highest, window_end AS until
    FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '10' SECOND))
    GROUP BY window_start, window_end
) AS w
ON b.price = w.highest
WHERE b.dateTime BETWEEN w.until - INTERVAL '10' SECOND AND w.until;
