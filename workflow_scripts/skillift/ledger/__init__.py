"""The ledger of a study: what it declared and when, and how often its results were looked at."""
