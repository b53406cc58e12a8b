"""The respondent's side: from a code to a sealed ballot."""
