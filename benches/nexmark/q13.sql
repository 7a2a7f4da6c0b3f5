-- Every bid with a value that a small table outside has for it.
CREATE TABLE side_input (`key` BIGINT, `value` STRING, PRIMARY KEY (`key`) NOT ENFORCED) WITH (
    'connector' = 'jdbc',
    'url' = 'jdbc:postgresql://127.0.0.1:5432/postgres',
    'table-name' = 'side_input',
    'username' = 'postgres',
    'password' = 'postgres',
    'lookup.cache' = 'PARTIAL',
    'lookup.partial-cache.max-rows' = '10000'
);
CREATE TABLE q13 (auction BIGINT, bidder BIGINT, price BIGINT, dateTime TIMESTAMP(3), `value` STRING)
WITH ('connector' = 'blackhole');

INSERT INTO q13
SELECT b.auction, b.bidder, b.price, b.dateTime, s.`value`
FROM (SELECT *, PROCTIME() AS arrival FROM bid) AS b
JOIN side_input FOR SYSTEM_TIME AS OF b.arrival AS s ON MOD(b.auction, 10000) = s.`key`;
