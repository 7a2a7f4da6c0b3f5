CREATE TABLE clicks (n INT, d AS m) WITH ('connector' = 'datagen');
