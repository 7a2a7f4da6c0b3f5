SET 'table.local-time-zone' = 'Mars';
