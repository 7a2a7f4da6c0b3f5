SELECT
  IF(TRUE, 1, 'a') AS c1;
