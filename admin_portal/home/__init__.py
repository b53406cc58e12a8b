"""Home is the year: where the cycle stands, who is waited for, and the one next thing to do."""
