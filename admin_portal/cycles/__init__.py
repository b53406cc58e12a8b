"""Cycles: created from files, opened and closed, with their codes and imported responses."""
