"""Accounts: signing in and out, passwords, second factors, and the officer's register of who has which role."""
