SELECT
  CHR('a') AS c1;
