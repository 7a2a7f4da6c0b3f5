CREATE TABLE a (id INT) WITH ('connector.type' = 'kafka', 'connector.version' = 'universal', 'connector.topic' = 'a',
  'connector.startup-mode' = 'earliest-offset', 'connector.properties.bootstrap.servers' = 'h:9092',
  'format.type' = 'json', 'format.derive-schema' = 'true', 'update-mode' = 'append');
SELECT * FROM a;
CREATE TABLE b (id INT) WITH ('connector' = 'kafka', 'topic' = 'b', 'properties.bootstrap.servers' = 'h:9092',
  'format' = 'json', 'update-mode' = 'append');
SELECT * FROM b;
CREATE TABLE c (id INT) WITH ('connector' = 'kafka-0.11', 'topic' = 'b');
SELECT * FROM c;
