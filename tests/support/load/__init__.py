"""Load on the respondent's site: a municipality of any size, a generator in its own process, figures and the oracle."""
