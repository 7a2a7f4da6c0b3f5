//! Goldens, oracles and faults over the whole system; the tests stand in `tests/`.
