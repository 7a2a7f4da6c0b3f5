-- The average winning price of each category. A winner is the highest bid while the auction was open.
CREATE TABLE q4 (category BIGINT, price BIGINT)
WITH ('connector' = 'blackhole');

INSERT INTO q4
SELECT category, AVG(winning) AS price
FROM (
    SELECT MAX(b.price) AS winning, a.category
    FROM auction AS a
    JOIN bid AS b ON a.id = b.auction AND b.dateTime BETWEEN a.dateTime AND a.expires
    GROUP BY a.id, a.category
)
GROUP BY category;
