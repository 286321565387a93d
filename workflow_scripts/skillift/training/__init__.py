"""Supervised fine-tuning of a student on a corpus."""
