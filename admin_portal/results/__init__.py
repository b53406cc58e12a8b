"""Stored results, read for whoever may see them."""
