SELECT
  RAND('a') AS c1;
