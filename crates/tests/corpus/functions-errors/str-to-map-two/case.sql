SELECT
  STR_TO_MAP('a', ',') AS c1;
