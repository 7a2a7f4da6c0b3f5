SELECT
  POWER('a', 2) AS c1;
