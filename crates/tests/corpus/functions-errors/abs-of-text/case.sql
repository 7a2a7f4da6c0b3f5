SELECT
  ABS('a') AS c1;
