"""YAML with line numbers, and what a JSON Schema says of it: for studies, config.yaml and own data."""
