"""Pure Polars: frames in, frames out; no I/O, no clock, no environment, no logging."""
