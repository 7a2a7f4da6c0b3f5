//! The shop's events as JSON records, written by hand: the generator has to be faster than what it feeds.

use crate::event_time::format_ms;
use crate::load::{Event, Kind, Load};
use crate::records::{Record, Records};
use crate::rng::{Rng, push_uuid};
use crate::shop;

/// About a fifth of the payments fails.
const FAILED_PERCENT: u64 = 20;

/// Streams of the shop's load: clicks, then checkouts.
impl Records for Load {
    fn next(&mut self, record: &mut Record) -> bool {
        let Some(event) = Iterator::next(self) else { return false };
        record.clear();
        record.stream = event.kind as usize;
        record.sent_ms = event.sent_ms;
        write_key(&event, &mut record.key);
        write_json(&event, &mut record.value);
        true
    }
}

/// Appends the record, without a line end. Texts that are put in hold nothing that JSON must escape.
pub fn write_json(event: &Event, out: &mut Vec<u8>) {
    let mut rng = Rng::new(event.detail);
    match event.kind {
        Kind::Click => click(event, &mut rng, out),
        Kind::Checkout => checkout(event, &mut rng, out),
    }
    out.extend_from_slice(&format_ms(event.time_ms));
    out.extend_from_slice(b"\"}");
}

/// Appends the record's Kafka key: the user's id, so that one partition holds all of a user.
fn write_key(event: &Event, out: &mut Vec<u8>) {
    shop::push_user_id(out, event.user);
}

fn click(event: &Event, rng: &mut Rng, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"click_id\":\"");
    push_uuid(out, rng.next(), rng.next());
    out.extend_from_slice(b"\",\"user_id\":\"");
    shop::push_user_id(out, event.user);
    text(out, "\",\"source\":\"", rng.pick(&shop::SOURCES));
    text(out, "\",\"user_agent\":\"", rng.pick(&shop::USER_AGENTS));
    out.extend_from_slice(b"\",\"ip_address\":\"");
    for part in 0..4 {
        if part > 0 {
            out.push(b'.');
        }
        number(out, 1 + rng.below(254));
    }
    out.extend_from_slice(b"\",\"click_timestamp\":\"");
}

fn checkout(event: &Event, rng: &mut Rng, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"checkout_id\":\"");
    push_uuid(out, rng.next(), rng.next());
    out.extend_from_slice(b"\",\"user_id\":\"");
    shop::push_user_id(out, event.user);
    out.extend_from_slice(b"\",\"product_id\":\"");
    shop::push_product_id(out, rng.below(u64::from(event.products)) as u32);
    out.extend_from_slice(b"\",\"quantity\":");
    number(out, 1 + rng.below(5));
    out.extend_from_slice(b",\"shipping_cost\":");
    cents(out, rng.below(2_000));
    // The part of the price that is paid: 0.50 to 1.00.
    out.extend_from_slice(b",\"discount\":");
    cents(out, 50 + rng.below(51));
    text(out, ",\"payment_method\":\"", rng.pick(&shop::PAYMENT_METHODS));
    let failed = rng.below(100) < FAILED_PERCENT;
    text(out, "\",\"payment_status\":\"", if failed { "Failed" } else { "Success" });
    text(out, "\",\"payment_description\":\"", if failed { rng.pick(&shop::FAILURES) } else { "None" });
    out.extend_from_slice(b"\",\"shipping_address\":\"");
    number(out, 1 + rng.below(300));
    text(out, " ", rng.pick(&shop::STREETS));
    text(out, "\\n", rng.pick(&shop::CITIES));
    out.extend_from_slice(b"\",\"checkout_timestamp\":\"");
}

pub(crate) fn text(out: &mut Vec<u8>, before: &str, value: &str) {
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(value.as_bytes());
}

pub(crate) fn number(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Hundredths as a number with two decimals.
fn cents(out: &mut Vec<u8>, value: u64) {
    number(out, value / 100);
    out.extend_from_slice(&[b'.', b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::load::LoadSpec;

    fn records(kind: Kind) -> Vec<Value> {
        Load::new(LoadSpec { clicks: Some(3_000), ..LoadSpec::default() })
            .filter(|event| event.kind == kind)
            .map(|event| {
                let mut out = Vec::new();
                write_json(&event, &mut out);
                serde_json::from_slice(&out).unwrap()
            })
            .collect()
    }

    fn values(records: &[Value], field: &str) -> BTreeSet<String> {
        records.iter().map(|r| r[field].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn clicks_have_all_fields() {
        let clicks = records(Kind::Click);
        assert_eq!(clicks.len(), 3_000);
        let names: Vec<&String> = clicks[0].as_object().unwrap().keys().collect();
        let all = ["click_id", "user_id", "source", "user_agent", "ip_address", "click_timestamp"];
        assert_eq!(names, all);
        assert_eq!(values(&clicks, "source"), shop::SOURCES.iter().map(|&s| s.to_owned()).collect());
        assert_eq!(values(&clicks, "click_id").len(), 3_000);
    }

    #[test]
    fn checkouts_are_as_the_shop_makes_them() {
        let checkouts = records(Kind::Checkout);
        let failed = checkouts.iter().filter(|c| c["payment_status"] == "Failed").count();
        assert!((15..25).contains(&(failed * 100 / checkouts.len())), "{failed} of {}", checkouts.len());
        let mut reasons = values(&checkouts, "payment_description");
        assert!(reasons.remove("None"));
        assert_eq!(reasons.len(), 6);
        assert_eq!(values(&checkouts, "payment_method").len(), 7);
        for checkout in &checkouts {
            assert_eq!(checkout["payment_status"] == "Success", checkout["payment_description"] == "None");
            assert!((1..=5).contains(&checkout["quantity"].as_u64().unwrap()));
            assert!(checkout["shipping_address"].as_str().unwrap().contains('\n'));
            let discount = checkout["discount"].to_string();
            assert_eq!(discount.split_once('.').unwrap().1.len(), 2, "two decimals: {discount}");
        }
    }
}
