//! Chaos: the whole job over real services while it is killed, cut off and started twice; and the check after each
//! fault that the tables hold exactly the effect of the input before the committed positions.

pub mod shop;
pub mod supervisor;
