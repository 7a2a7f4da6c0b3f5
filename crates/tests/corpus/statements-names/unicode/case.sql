SELECT 'žluťoučký 😀 日本' AS s, '😀' AS `日本`, CHAR_LENGTH('日本') AS n;
