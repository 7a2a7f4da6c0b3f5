-- The source that is there must not be waited for when the other one cannot be opened.
CREATE TABLE present (a INT) WITH ('connector' = 'filesystem', 'path' = 'rows.json', 'format' = 'json');
CREATE TABLE missing (a INT) WITH ('connector' = 'filesystem', 'path' = 'no-such-file.json', 'format' = 'json');
SELECT a FROM present UNION ALL SELECT a FROM missing;
