"""Where bytes come from: transports without Dagster, the only network code."""
