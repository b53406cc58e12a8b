"""The audit log as an auditor reads it."""
