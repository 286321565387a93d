"""Models behind an API, asked in batches: answered within a day, at a share of the price."""
