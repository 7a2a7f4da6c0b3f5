SELECT `id` AS `a b`, name AS `x``y`, `t`.`amount` AS `1st`, id AS `größe` FROM `t`;
