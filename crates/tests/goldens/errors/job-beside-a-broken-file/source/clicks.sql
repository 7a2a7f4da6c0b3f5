CREATE TABLE clicks (id INT, url STRING) WITH ('connector' = 'datagen');
CREATE TABLE visits (id INT, PRIMARY KEY (ident) NOT ENFORCED) WITH ('connector' = 'datagen');
