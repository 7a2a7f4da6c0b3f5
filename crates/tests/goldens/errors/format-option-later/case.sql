CREATE TABLE a (id INT) WITH ('connector' = 'kafka', 'topic' = 'a', 'properties.bootstrap.servers' = 'h:9092',
  'debezium-avro-confluent.url' = 'http://registry', 'format' = 'debezium-avro-confluent');
SELECT * FROM a;
CREATE TABLE b (id INT) WITH ('connector' = 'kafka', 'topic' = 'b', 'properties.bootstrap.servers' = 'h:9092',
  'value.avro-confluent.url' = 'http://registry', 'value.format' = 'avro-confluent');
SELECT * FROM b;
CREATE TABLE c (id INT) WITH ('connector' = 'kafka', 'topic' = 'c', 'properties.bootstrap.servers' = 'h:9092',
  'avro-confluent.url' = 'http://registry', 'format' = 'json');
SELECT * FROM c;
CREATE TABLE d (id INT) WITH ('connector' = 'kafka', 'topic' = 'd', 'properties.bootstrap.servers' = 'h:9092',
  'value.json.ignore-parse-error' = 'true', 'value.format' = 'json');
SELECT * FROM d;
