//! Limits that librdkafka has and the Java client has not: a value is moved to the nearest that is taken, and values
//! that must agree are made to agree. No record is read otherwise for it, only earlier or later.
//!
//! Source: ranges of librdkafka's CONFIGURATION.md, `rd_kafka_conf_finalize`.

use std::collections::BTreeMap;

/// librdkafka's name, least and greatest value.
const RANGES: &[(&str, i64, i64)] = &[
    ("connections.max.idle.ms", 0, 2_147_483_647),
    ("fetch.max.bytes", 1_000, MOST_FETCHED),
    ("fetch.message.max.bytes", 1, 1_000_000_000),
    ("fetch.min.bytes", 1, 100_000_000),
    ("fetch.wait.max.ms", 0, 300_000),
    ("metadata.max.age.ms", 1, 86_400_000),
    ("reconnect.backoff.max.ms", 0, 3_600_000),
    ("reconnect.backoff.ms", 0, 3_600_000),
    ("retry.backoff.max.ms", 1, 300_000),
    ("retry.backoff.ms", 1, 300_000),
    ("socket.connection.setup.timeout.ms", 1_000, 2_147_483_647),
    ("socket.receive.buffer.bytes", 0, 100_000_000),
    ("socket.send.buffer.bytes", 0, 100_000_000),
    ("socket.timeout.ms", 10, 300_000),
];

/// `fetch.max.bytes` and the frame around it fit into a message of 2 GiB.
const MOST_FETCHED: i64 = 2_147_483_647 - FRAME;
const FRAME: i64 = 512;

/// librdkafka's default of `message.max.bytes`, below which it takes no `fetch.max.bytes`.
const MESSAGE: i64 = 1_000_000;

/// Moves a value into librdkafka's range; `None` where it is in it or is no number.
pub fn moved(name: &str, value: &str) -> Option<i64> {
    let (_, least, most) = RANGES.iter().find(|(known, ..)| *known == name)?;
    let number: i64 = value.trim().parse().ok()?;
    let near = number.clamp(*least, *most);
    (near != number).then_some(near)
}

/// Whether the value is a number that may have blanks around it, as Java reads it.
pub fn is_ranged(name: &str) -> bool {
    RANGES.iter().any(|(known, ..)| *known == name)
}

/// Makes settings agree; those that are ours give way to the user's.
pub fn agree(settings: &mut BTreeMap<String, String>) {
    let number = |settings: &BTreeMap<String, String>, name: &str| -> Option<i64> {
        settings.get(name)?.trim().parse().ok()
    };
    if let Some(fetched) = number(settings, "fetch.max.bytes") {
        settings.insert("message.max.bytes".into(), fetched.clamp(1_000, MESSAGE).to_string());
        let received = number(settings, "receive.message.max.bytes").unwrap_or(0);
        settings.insert("receive.message.max.bytes".into(), received.max(fetched + FRAME).to_string());
    }
    if let Some(first) = number(settings, "reconnect.backoff.ms") {
        let most = number(settings, "reconnect.backoff.max.ms").unwrap_or(0);
        settings.insert("reconnect.backoff.max.ms".into(), most.max(first).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_java_are_moved_into_the_ranges() {
        assert_eq!(moved("fetch.min.bytes", "0"), Some(1));
        assert_eq!(moved("fetch.min.bytes", " 5 "), None);
        assert_eq!(moved("connections.max.idle.ms", "-1"), Some(0));
        assert_eq!(moved("socket.timeout.ms", "600000"), Some(300_000));
        assert_eq!(moved("client.id", "-1"), None);
        assert_eq!(moved("fetch.min.bytes", "many"), None);
    }

    #[test]
    fn what_must_agree_agrees() {
        let agreed = |pairs: &[(&str, &str)]| {
            let mut settings = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            agree(&mut settings);
            settings
        };
        let small = agreed(&[("fetch.max.bytes", "5000"), ("receive.message.max.bytes", "1000000000")]);
        assert_eq!(small["message.max.bytes"], "5000");
        assert_eq!(small["receive.message.max.bytes"], "1000000000");
        assert_eq!(agreed(&[("fetch.max.bytes", "2147483135")])["receive.message.max.bytes"], "2147483647");
        let slow = agreed(&[("reconnect.backoff.ms", "5000"), ("reconnect.backoff.max.ms", "2000")]);
        assert_eq!(slow["reconnect.backoff.max.ms"], "5000");
        assert!(agreed(&[]).is_empty());
    }
}
