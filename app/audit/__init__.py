"""The audit: who did what, and when, out of the log."""
