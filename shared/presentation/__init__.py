"""Numbers, dates and sentences as people read them: values in, text out."""
