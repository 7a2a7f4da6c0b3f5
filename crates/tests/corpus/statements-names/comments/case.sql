CREATE TABLE t (id INT, name STRING, amount DECIMAL(6,2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT -- here
  id /* in /* between */, name -- and here
FROM t /* last, one */ WHERE /*x*/ id = 1 -- end;
