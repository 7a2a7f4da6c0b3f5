CREATE TABLE t (id INT, name STRING, j AS JSON_OBJECT('id' VALUE id, 'n' VALUE name), c AS CASE WHEN id > 1 THEN 'big' ELSE 'small' END, r AS ROW(id, name)) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT id, j, c, r.EXPR$0 AS x FROM t;
