"""The scale of agreement that the tests' small batteries share, as YAML below ``scales:``."""

from __future__ import annotations

AGREE = """
  agree:
    options:
      - {code: 4, score: 10, label: {sv: Helt}}
      - {code: 3, score: 20/3, label: {sv: Ganska}}
      - {code: 2, score: 10/3, label: {sv: Lite}}
      - {code: 1, score: 0, label: {sv: Inte}}
      - {code: 9, missing: dont_know, label: {sv: Vet ej}}
    positive: [4, 3]
"""
