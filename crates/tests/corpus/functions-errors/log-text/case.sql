SELECT
  LOG('a') AS c1;
