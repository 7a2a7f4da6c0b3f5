SELECT U&'\0041\00e9x' AS a, U&'x''y' AS b;
