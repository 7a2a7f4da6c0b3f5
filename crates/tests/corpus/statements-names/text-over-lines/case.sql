SELECT 'ab'
  'cd' AS s, 'x
y' AS t;
