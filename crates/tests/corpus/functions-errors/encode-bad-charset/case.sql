SELECT
  ENCODE('a', 'nope') AS c1;
