CREATE TABLE t (a INT, s STRING) WITH ('connector' = '{{ connector }}', 'path' = '{{ path }}', 'format' = '{{ format }}');
