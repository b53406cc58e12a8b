"""The questions: where a respondent stands, pages, drafts, check and receipt."""
