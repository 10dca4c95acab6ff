//! A moment as both databases keep it: to the millisecond, sortable as text in SQLite.
