SELECT 'ab' 'cd';
