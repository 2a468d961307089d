"""Configuration turned into plain objects; the only reader of the environment."""
