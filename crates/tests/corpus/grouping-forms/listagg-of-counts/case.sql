CREATE TABLE ord (id0 INT, id INT, amount BIGINT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'ord.json', 'format' = 'json');
SELECT note, '[' || LISTAGG(CONCAT_WS('=', y, ct), ';') || ']' AS l FROM (SELECT note, CAST(id AS STRING) AS y, CAST(COUNT(1) AS STRING) AS ct FROM ord GROUP BY note, id) AS v GROUP BY note;
