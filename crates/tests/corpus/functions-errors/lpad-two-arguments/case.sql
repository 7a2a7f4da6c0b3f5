SELECT
  LPAD('a', 5) AS c1;
