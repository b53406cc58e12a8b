"""From an opened form to a sealed ballot in the urn, once per code."""
