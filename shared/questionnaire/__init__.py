"""The pure questionnaire engine: what is asked, of whom, in which order, and how answers become counts and scores."""
