SELECT x.id FROM default_catalog.default_database.t AS x UNION ALL SELECT id FROM default_database.t UNION ALL SELECT id FROM `default_catalog`.`default_database`.`t`;
