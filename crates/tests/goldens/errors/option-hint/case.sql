CREATE TABLE clicks (n INT)
WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json');
SELECT n
FROM clicks /*+ OPTIONS('json.ignore-parse-errors' = 'maybe') */ AS c;
