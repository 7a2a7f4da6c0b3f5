-- The average of each seller's last ten winning prices. OVER takes no rows that are taken back, so Flink does not run it.
CREATE TABLE q6 (seller BIGINT, price BIGINT)
WITH ('connector' = 'blackhole');

INSERT INTO q6
SELECT seller, AVG(price) OVER (PARTITION BY seller ORDER BY dateTime ROWS BETWEEN 10 PRECEDING AND CURRENT ROW)
FROM (
    SELECT seller, price, dateTime
    FROM (
        SELECT a.id, a.seller, b.price, b.dateTime,
               ROW_NUMBER() OVER (PARTITION BY a.id, a.seller ORDER BY b.price DESC) AS place
        FROM auction AS a
        JOIN bid AS b ON a.id = b.auction AND b.dateTime BETWEEN a.dateTime AND a.expires
    )
    WHERE place <= 1
);
