//! The rules, by what they look at.

mod expressions;
mod sinks;
mod sources;
mod state;

use crate::Rule;

/// All rules, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: "L001",
        name: "unbounded-state",
        about: "An operator keeps something for every key that it ever sees.",
        find: state::unbounded,
    },
    Rule {
        code: "L002",
        name: "nullable-rank-key",
        about: "ROW_NUMBER is partitioned by a column that may be NULL: all rows with NULL are one partition.",
        find: state::nullable_rank_key,
    },
    Rule {
        code: "L003",
        name: "rank-key-is-not-sink-key",
        about: "Rows are numbered by one key and stored by another.",
        find: state::rank_key_is_not_sink_key,
    },
    Rule {
        code: "L004",
        name: "join-without-equality",
        about: "A join without an equality compares every row with every row, on one shard.",
        find: state::join_without_equality,
    },
    Rule {
        code: "L005",
        name: "ttl-below-interval",
        about: "A state time-to-live is shorter than the interval of a join behind it.",
        find: state::ttl_below_interval,
    },
    Rule {
        code: "L006",
        name: "forgets-under-a-key",
        about: "A result that is stored by key starts anew when its state's time-to-live is over.",
        find: state::forgets_under_a_key,
    },
    Rule {
        code: "L007",
        name: "lookup-without-cache",
        about: "A lookup join asks its database for every batch.",
        find: sources::lookup_without_cache,
    },
    Rule {
        code: "L008",
        name: "narrowing-into-sink",
        about: "A column of the sink holds less than the query gives; what does not fit becomes NULL or another value.",
        find: sinks::narrowing,
    },
    Rule {
        code: "L009",
        name: "password-in-sql",
        about: "A secret stands in a SQL file.",
        find: sources::password_in_sql,
    },
    Rule {
        code: "L010",
        name: "mixed-timestamps",
        about: "Event times of both kinds meet: wall-clock time and instants.",
        find: sources::mixed_timestamps,
    },
    Rule {
        code: "L011",
        name: "starts-behind-the-past",
        about: "A first start skips the records that are there already.",
        find: sources::skips_the_past,
    },
    Rule {
        code: "L012",
        name: "silent-partition-holds-time",
        about: "A partition without records stops event time.",
        find: sources::silent_partition,
    },
    Rule {
        code: "L013",
        name: "changing-answer-before-updates",
        about: "An expression or lookup that may answer otherwise the second time stands over rows that are taken back.",
        find: expressions::changing_answers,
    },
    Rule {
        code: "L014",
        name: "dropped-parse-errors",
        about: "Records that cannot be read vanish without a trace.",
        find: sources::dropped_parse_errors,
    },
    Rule {
        code: "L015",
        name: "drifting-float",
        about: "A sum of FLOAT or DOUBLE over rows that are taken back drifts.",
        find: state::drifting_float,
    },
    Rule {
        code: "L016",
        name: "sink-without-key",
        about: "A table in a database is written without a primary key.",
        find: sinks::without_key,
    },
];
