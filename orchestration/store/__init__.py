"""What lies on disk: raw bytes, ledger, core, quarantine, candidates, releases, the gate. No Dagster."""
