-- A text with too many digits for the decimal fails CAST.
SELECT CAST(x AS DECIMAL(4, 2)) AS a FROM (VALUES ('12.345'), ('12345')) AS t(x);
