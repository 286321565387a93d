"""How jobs are run, and the record of it: sizes, locks, what a killed run leaves, manifests."""
