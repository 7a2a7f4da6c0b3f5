CREATE TABLE t (a STRING, b STRING, c CHAR(7), d BYTES) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '2',
  'fields.b.length' = '4');
SELECT CHAR_LENGTH(a) AS a, CHAR_LENGTH(b) AS b, CHAR_LENGTH(c) AS c FROM t;
