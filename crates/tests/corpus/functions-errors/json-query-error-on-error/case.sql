SELECT
  JSON_QUERY('{"a":1}', 'strict $.b' ERROR ON ERROR) AS c1;
