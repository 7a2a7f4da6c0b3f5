CREATE TABLE t (a INT) WITH (
  'connector' = 'kafka',
  'topic' = 'x',
  'properties.bootstrap.servers' = 'h:9092',
  'scan.startup.mod' = 'earliest-offset',
  'format' = 'json'
);
SELECT a FROM t;
