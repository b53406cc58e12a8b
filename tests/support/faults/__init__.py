"""What the fault tests share: a small municipality, casters that persist, kills by seed, and the oracle."""
