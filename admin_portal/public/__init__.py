"""The public site: made from published documents only, kept as files, served without accounts."""
