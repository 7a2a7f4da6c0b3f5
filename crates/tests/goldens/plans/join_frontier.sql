-- Pairs that cannot be among the best of their group are not made: under a Top-N, under MAX and MIN, through projections.
CREATE TABLE auction (id BIGINT, category STRING, opens TIMESTAMP(3), closes TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 'auction', 'format' = 'json');
CREATE TABLE bid (auction BIGINT, bidder STRING, price BIGINT, made TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 'bid', 'format' = 'json');
CREATE TABLE winner (id BIGINT, bidder STRING, price BIGINT) WITH ('connector' = 'blackhole');
CREATE TABLE highest (category STRING, most BIGINT, least BIGINT) WITH ('connector' = 'blackhole');

INSERT INTO winner
SELECT id, bidder, price
FROM (
    SELECT a.id, b.bidder, b.price, ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.made) AS place
    FROM auction AS a JOIN bid AS b ON a.id = b.auction AND b.made BETWEEN a.opens AND a.closes
)
WHERE place <= 1;

INSERT INTO highest
SELECT a.category, MAX(b.price) AS most, MIN(b.price) AS least
FROM auction AS a JOIN bid AS b ON a.id = b.auction
GROUP BY a.category;
