//! horizon
