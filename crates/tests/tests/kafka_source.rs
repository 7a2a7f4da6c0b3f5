//! The Kafka source against a real broker, through the binary.

use streamsql_tests::services::kafka::{Kafka, Record};

#[test]
fn the_private_broker_does_what_tests_need() {
    let kafka = Kafka::shared();
    let topic = kafka.create_topic("t", 2);
    kafka.produce(&topic, [Record::value("a"), Record::value("b").partition(1)]);
    kafka.produce_transaction(&topic, [Record::value("c")], false);
    assert_eq!(kafka.watermarks(&topic, 0), (0, 3));
    kafka.delete_records(&topic, 0, 1);
    assert_eq!(kafka.watermarks(&topic, 0), (1, 3));
    kafka.grow_topic(&topic, 3);
    kafka.crash();
    kafka.restart();
    assert_eq!(kafka.watermarks(&topic, 0).1, 3);
    kafka.commit_group("g", &topic, &[(0, 2)]);
    assert_eq!(kafka.committed("g", &topic, 3)[&0], 2);
}
