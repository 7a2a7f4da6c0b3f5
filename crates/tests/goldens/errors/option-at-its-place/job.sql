CREATE TABLE clicks (n INT) WITH (
  'connector' = 'kafka',
  'topic' = 'clicks',
  'properties.bootstrap.servers' = '127.0.0.1:9092',
  'scan.startup.mode' = 'specific-offsets',
  'scan.startup.specific-offsets' = 'partition-0',
  'format' = 'json');
CREATE TABLE totals (n INT) WITH (
  'connector' = 'jdbc', 'url' = 'jdbc:mysql://localhost/db',
  'table-name' = 'totals');
INSERT INTO totals SELECT n FROM clicks;
