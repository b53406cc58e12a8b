"""The cryptography of ballots, codes, drafts and cookies: bytes in, bytes out."""
