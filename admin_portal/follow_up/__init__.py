"""Measures: what was agreed, by whom, until when, and what became of it."""
