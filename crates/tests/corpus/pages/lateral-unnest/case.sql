CREATE TABLE doc (id STRING, tags ARRAY<STRING>, scores MAP<STRING, INT>, parts ARRAY<ROW<a INT, b STRING>>,
  nest ROW<p INT, q ROW<x STRING, y INT>>)
WITH ('connector' = 'filesystem', 'path' = 'doc.json', 'format' = 'json');
SELECT d.id, x.tag FROM doc d, LATERAL (SELECT UPPER(tag) AS tag FROM UNNEST(d.tags) AS t (tag)) x;
