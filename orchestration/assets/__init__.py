"""What Dagster materialises. Thin: call a step, return metadata."""
