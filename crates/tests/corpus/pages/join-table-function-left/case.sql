CREATE TABLE doc (id STRING, tags ARRAY<STRING>, scores MAP<STRING, INT>, parts ARRAY<ROW<a INT, b STRING>>,
  nest ROW<p INT, q ROW<x STRING, y INT>>)
WITH ('connector' = 'filesystem', 'path' = 'doc.json', 'format' = 'json');
SELECT id, w FROM doc LEFT JOIN LATERAL TABLE(SplitFunction(id)) AS t (w) ON TRUE;
