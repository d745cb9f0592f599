"""Webhooks: the log, brought to whoever asked for it."""
