"""A process of a job: how far it is, what it holds in memory, what ends it."""
