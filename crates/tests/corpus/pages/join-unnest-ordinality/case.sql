CREATE TABLE doc (id STRING, tags ARRAY<STRING>, scores MAP<STRING, INT>, parts ARRAY<ROW<a INT, b STRING>>,
  nest ROW<p INT, q ROW<x STRING, y INT>>)
WITH ('connector' = 'filesystem', 'path' = 'doc.json', 'format' = 'json');
SELECT id, tag, n FROM doc CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t (tag, n);
