//! EXPLAIN: the dataflow in the forms that people and tools read.
