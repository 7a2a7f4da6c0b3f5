CREATE TABLE base (n INT)
WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json',
  'json.fail-on-missing' = 'true');
CREATE TABLE derived WITH ('path' = 'y') LIKE base;
SELECT n FROM derived;
