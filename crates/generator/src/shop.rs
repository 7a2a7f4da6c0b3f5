//! The shop's dimension tables and vocabulary. A user or product of a number is the same in every load, so that events
//! of any seed find their rows in `data/users.csv` and `data/products.csv`.

use std::io::Write;

use streamsql_core::text::civil;

use crate::rng::{Rng, push_uuid};

/// Users in `data/users.csv`.
pub const USERS: u32 = 1_000;
/// Products in `data/products.csv`.
pub const PRODUCTS: u32 = 300;

pub const SOURCES: [&str; 7] = ["Unknown", "Facebook", "Twitter", "Tiktok", "Gmail", "Google", "Youtube"];

pub const PAYMENT_METHODS: [&str; 7] =
    ["Visa", "MasterCard", "Stripe", "Payment on Delivery", "Paypal", "Alipay", "Skrill"];

pub const FAILURES: [&str; 6] = [
    "Insufficient funds",
    "Card expired",
    "Card declined by bank",
    "Fraud suspected",
    "Network timeout",
    "Invalid card number",
];

pub(crate) const USER_AGENTS: [&str; 6] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Opera/9.80 (Windows NT 6.1; U; en) Presto/2.12.388 Version/12.18",
];

pub(crate) const STREETS: [&str; 10] = [
    "Oak Street",
    "Station Road",
    "Mill Lane",
    "Church Road",
    "Garden Avenue",
    "Harbour Street",
    "Kirchweg",
    "Rue du Moulin",
    "Calle Mayor",
    "Lindenallee",
];

pub(crate) const CITIES: [&str; 10] = [
    "Lisbon, Portugal",
    "Leeds, United Kingdom",
    "Austin, United States",
    "Osaka, Japan",
    "Kraków, Poland",
    "Porto Alegre, Brazil",
    "Lyon, France",
    "Hue, Vietnam",
    "Nairobi, Kenya",
    "Graz, Austria",
];

const WOMEN: [&str; 10] =
    ["Alice", "Beatriz", "Chloé", "Dana", "Emma", "Fatima", "Grace", "Hana", "Ingrid", "Julia"];
const MEN: [&str; 10] =
    ["Adam", "Bruno", "Carlos", "David", "Emil", "Felix", "George", "Hugo", "Ivan", "Jonas"];
const FAMILIES: [&str; 12] = [
    "Smith", "Garcia", "Nguyen", "Novak", "Müller", "Silva", "Tanaka", "O'Brien", "Kowalski", "Okafor",
    "Rossi", "Dubois",
];

/// Category, lowest and highest price in cents, and what is sold in it.
const CATEGORIES: [(&str, u64, u64, [&str; 4]); 10] = [
    ("Electronics", 1_999, 129_999, ["Laptop", "Headphones", "Camera", "Monitor"]),
    ("Books", 499, 4_999, ["Novel", "Cookbook", "Atlas", "Dictionary"]),
    ("Clothing", 999, 19_999, ["Jacket", "Jeans", "Shirt", "Dress"]),
    ("Home & Kitchen", 799, 29_999, ["Kettle", "Pan", "Lamp", "Blanket"]),
    ("Toys", 499, 9_999, ["Puzzle", "Train Set", "Doll", "Board Game"]),
    ("Sports", 999, 59_999, ["Racket", "Running Shoes", "Yoga Mat", "Tent"]),
    ("Beauty", 399, 8_999, ["Shampoo", "Perfume", "Lotion", "Lipstick"]),
    ("Garden", 599, 39_999, ["Spade", "Hose", "Parasol", "Planter"]),
    ("Grocery", 99, 2_999, ["Coffee", "Olive Oil", "Chocolate", "Tea"]),
    ("Music", 899, 99_999, ["Guitar", "Keyboard", "Vinyl Record", "Microphone"]),
];

const BRANDS: [&str; 12] = [
    "Acme",
    "Borealis",
    "Cobalt",
    "Dovetail",
    "Evergreen",
    "Foxglove",
    "Granite",
    "Halcyon",
    "Indigo",
    "Juniper",
    "Kestrel",
    "Lumen",
];

/// Separates the numbers of users, products and their columns from those of a load.
const USER_SALT: u64 = 0x0075_7365_7273_0000;
const PRODUCT_SALT: u64 = 0x7072_6F64_7563_7473;

/// The id of a user, without allocating.
pub(crate) fn push_user_id(out: &mut Vec<u8>, user: u32) {
    let mut rng = Rng::new(USER_SALT + u64::from(user));
    push_uuid(out, rng.next(), rng.next());
}

/// The id of a product, without allocating.
pub(crate) fn push_product_id(out: &mut Vec<u8>, product: u32) {
    let mut rng = Rng::new(PRODUCT_SALT + u64::from(product));
    push_uuid(out, rng.next(), rng.next());
}

fn id(push: impl Fn(&mut Vec<u8>, u32), number: u32) -> String {
    let mut out = Vec::with_capacity(36);
    push(&mut out, number);
    String::from_utf8_lossy(&out).into_owned()
}

pub fn user_id(user: u32) -> String {
    id(push_user_id, user)
}

pub fn product_id(product: u32) -> String {
    id(push_product_id, product)
}

fn day(rng: &mut Rng, first: i64, last: i64) -> String {
    let (year, month, day) = civil(first + rng.below((last - first) as u64) as i64);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Writes `users(user_id, name, email, gender, birth_day, location, phone, registration_date)` as CSV with a header.
///
/// # Errors
/// When the target cannot be written.
pub fn write_users(out: impl Write, users: u32) -> std::io::Result<()> {
    let mut csv = csv::WriterBuilder::new().from_writer(out);
    csv.write_record([
        "user_id",
        "name",
        "email",
        "gender",
        "birth_day",
        "location",
        "phone",
        "registration_date",
    ])?;
    for user in 0..users {
        let mut rng = Rng::new((USER_SALT + u64::from(user)).rotate_left(32));
        let woman = rng.below(100) < 52;
        let first = rng.pick(if woman { &WOMEN } else { &MEN });
        let family = rng.pick(&FAMILIES);
        csv.write_record([
            user_id(user).as_str(),
            &format!("{first} {family}"),
            &format!("user{user}@example.com"),
            if woman { "F" } else { "M" },
            // 1950-01-01 to 2007-12-31
            &day(&mut rng, -7_305, 13_879),
            rng.pick(&CITIES),
            &format!("+00 555 {:07}", rng.below(10_000_000)),
            // 2018-01-01 to 2025-12-31
            &day(&mut rng, 17_532, 20_454),
        ])?;
    }
    csv.flush()
}

/// Writes `products(product_id, product_name, category, brand, price, commission_rate)` as CSV with a header.
/// Prices stay below 1,300.00, so that five of the dearest fit the sink's DECIMAL(6, 2).
///
/// # Errors
/// When the target cannot be written.
pub fn write_products(out: impl Write, products: u32) -> std::io::Result<()> {
    let mut csv = csv::WriterBuilder::new().from_writer(out);
    csv.write_record(["product_id", "product_name", "category", "brand", "price", "commission_rate"])?;
    for product in 0..products {
        let mut rng = Rng::new((PRODUCT_SALT + u64::from(product)).rotate_left(32));
        let (category, lowest, highest, goods) = rng.pick(&CATEGORIES);
        let brand = rng.pick(&BRANDS);
        let name = format!("{brand} {} {}", rng.pick(&goods), 100 + rng.below(900));
        let cents = lowest + rng.below(highest - lowest + 1);
        let price = format!("{}.{:02}", cents / 100, cents % 100);
        let rate = format!("0.{:02}", 2 + rng.below(24));
        csv.write_record([product_id(product).as_str(), &name, category, brand, &price, &rate])?;
    }
    csv.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_different() {
        let ids: std::collections::BTreeSet<String> =
            (0..20_000).map(user_id).chain((0..300).map(product_id)).collect();
        assert_eq!(ids.len(), 20_300);
    }

    #[test]
    fn rows_do_not_depend_on_how_many_there_are() {
        let (mut few, mut many) = (Vec::new(), Vec::new());
        write_users(&mut few, 10).unwrap();
        write_users(&mut many, 20).unwrap();
        assert!(many.starts_with(&few));
    }
}
