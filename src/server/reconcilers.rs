//! Idempotent steps toward what should be.
