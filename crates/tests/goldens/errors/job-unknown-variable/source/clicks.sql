CREATE TABLE clicks (n INT) WITH (
  'connector' = '{{ connector }}',
  'path' = '{{ path }}',
  'format' = 'json'
);
