SELECT
  JSON_QUERY('{"a":1}', 'lax $.b' ERROR ON EMPTY) AS c1;
