CREATE TABLE users (id INT, name STRING,) WITH ('connector' = 'datagen');
CREATE FUNCTION shout(s STRING) RETURNS STRING RETURN UPPER(s;
