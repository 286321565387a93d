"""The study file and config.yaml: read, checked, completed, and cut into what each step depends on."""
