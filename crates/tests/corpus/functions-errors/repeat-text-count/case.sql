SELECT
  REPEAT('a', 'b') AS c1;
