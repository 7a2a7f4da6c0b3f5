SELECT
  INSTR('abc', 'b', 1, 0) AS c1;
