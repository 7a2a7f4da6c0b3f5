//! Goldens, oracles and faults over the whole system; the tests stand in `tests/`, what they share stands here.

pub mod binary;
pub mod browser;
pub mod changelog;
pub mod chaos;
pub mod cut;
pub mod dimension;
pub mod java_text;
pub mod job_folder;
pub mod json_schema;
pub mod kafka_job;
pub mod kafka_topic;
pub mod model;
pub mod mutate;
pub mod patience;
pub mod pipeline;
pub mod process;
pub mod proxy;
pub mod query_mutator;
pub mod script;
pub mod served;
pub mod services;
pub mod shop;
pub mod words;
