CREATE TABLE t (v STRING, m STRING METADATA FROM 'file.nope') WITH (
  'connector' = 'filesystem', 'path' = 'd', 'format' = 'json');
SELECT * FROM t;
