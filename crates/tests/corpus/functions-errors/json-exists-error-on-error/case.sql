SELECT
  JSON_EXISTS('{"a":1}', 'strict $.b' ERROR ON ERROR) AS c1;
