"""Releases to the units and publication to everyone: checklist, embargo, numbered editions."""
