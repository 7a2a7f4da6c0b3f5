SELECT
  IF(1, 2, 3) AS c1;
