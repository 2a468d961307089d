"""What is rendered from schemas: pandera, Great Expectations, dbt YAML, the data dictionary."""
