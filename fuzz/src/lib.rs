//! What has to be true of any answer: shared by the fuzz targets and by the tests of the program,
//! which replay the corpus and add answers of their own.

mod caflou;
mod shoptet;

pub use caflou::caflou;
pub use shoptet::shoptet;
