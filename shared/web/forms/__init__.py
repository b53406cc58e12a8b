"""What comes back from a form: its sealed token and its envelope."""
