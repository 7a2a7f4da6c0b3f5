SELECT 'a_c' LIKE 'a\_c' ESCAPE '\';
