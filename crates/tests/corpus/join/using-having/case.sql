CREATE TABLE a (id INT, k STRING, n INT) WITH ('connector' = 'filesystem', 'path' = 'a.json', 'format' = 'json');
CREATE TABLE b (k STRING, n INT, w INT) WITH ('connector' = 'filesystem', 'path' = 'b.json', 'format' = 'json');
CREATE TABLE c (w INT, k STRING, x STRING) WITH ('connector' = 'filesystem', 'path' = 'c.json', 'format' = 'json');
SELECT k, COUNT(*) AS c FROM a FULL JOIN b USING (k) GROUP BY k HAVING k <> 'b';
