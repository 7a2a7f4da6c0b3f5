SELECT 'it''s' AS a, '' AS b, 'a\nb' AS c, '--no comment' AS d, '/* nor this */' AS e, ';' AS f;
