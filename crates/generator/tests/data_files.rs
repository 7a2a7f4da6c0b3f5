//! `data/` is what `streamsql gen users products --to data` writes.

use streamsql_generator::shop;

#[test]
fn users_and_products_are_the_committed_ones() {
    let (mut users, mut products) = (Vec::new(), Vec::new());
    shop::write_users(&mut users, shop::USERS).unwrap();
    shop::write_products(&mut products, shop::PRODUCTS).unwrap();
    assert_eq!(String::from_utf8(users).unwrap(), include_str!("../../../data/users.csv"));
    assert_eq!(String::from_utf8(products).unwrap(), include_str!("../../../data/products.csv"));
}

#[test]
fn every_id_of_the_default_load_has_its_row() {
    let row = |table: &str, id: &str| table.lines().skip(1).any(|line| line.starts_with(id));
    for number in [0, shop::USERS - 1] {
        assert!(row(include_str!("../../../data/users.csv"), &shop::user_id(number)));
    }
    for number in [0, shop::PRODUCTS - 1] {
        assert!(row(include_str!("../../../data/products.csv"), &shop::product_id(number)));
    }
}
