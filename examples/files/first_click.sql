-- Each user's first click by event time. bob's earlier click comes late and replaces the one that was there.
CREATE TABLE clicks (
    click_id STRING,
    user_id STRING,
    source STRING,
    click_timestamp TIMESTAMP(3),
    WATERMARK FOR click_timestamp AS click_timestamp - INTERVAL '15' SECOND
) WITH (
    'connector' = 'filesystem',
    'path' = 'examples/files/data/clicks.json',
    'format' = 'json'
);

SELECT user_id, source, click_timestamp
FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY click_timestamp) AS rn
    FROM clicks
)
WHERE rn = 1;
