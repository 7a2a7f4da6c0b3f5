//! English names of time zones, as `java.text.DateFormatSymbols` has them.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Names that zones share.
#[derive(Debug)]
pub(super) struct Names {
    /// Long and short standard name, long and short daylight name: the order in which `SimpleDateFormat` tries them.
    pub names: [&'static str; 4],
    /// Seconds east of UTC without daylight saving.
    standard: i64,
    saving: i64,
    zones: Vec<&'static str>,
}

impl Names {
    /// What clocks of the zone show as their zone.
    pub fn shown(&self, long: bool, daylight: bool) -> &'static str {
        self.names[usize::from(daylight) * 2 + usize::from(!long)]
    }

    /// The seconds east of UTC that the name at a position stands for.
    pub fn offset(&self, position: usize) -> i64 {
        if position < 2 { self.standard } else { self.standard + self.saving }
    }
}

/// All names, in the order in which Java tries them.
pub(super) fn all() -> &'static [Names] {
    static NAMES: LazyLock<Vec<Names>> =
        LazyLock::new(|| include_str!("zone_names.tsv").lines().filter_map(line).collect());
    &NAMES
}

fn line(text: &'static str) -> Option<Names> {
    let mut fields = text.split('\t');
    let mut names = [""; 4];
    for name in &mut names {
        *name = fields.next()?;
    }
    let (standard, saving) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Names { names, standard, saving, zones: fields.next()?.split(' ').collect() })
}

/// The names of a zone of the zone database.
pub(super) fn of(zone: &str) -> Option<&'static Names> {
    static BY_ZONE: LazyLock<HashMap<&'static str, &'static Names>> = LazyLock::new(|| {
        all().iter().flat_map(|names| names.zones.iter().map(move |zone| (*zone, names))).collect()
    });
    BY_ZONE.get(zone).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_as_a_whole() {
        let lines = include_str!("zone_names.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(all().len(), lines);
        let berlin = of("Europe/Berlin").unwrap();
        assert_eq!(berlin.shown(true, true), "Central European Summer Time");
        assert_eq!(berlin.shown(false, false), "CET");
        assert_eq!((berlin.offset(1), berlin.offset(2)), (3_600, 7_200));
        let unnamed: Vec<_> =
            chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|zone| of(zone).is_none()).collect();
        assert!(unnamed.len() < 40, "{unnamed:?}");
    }
}
