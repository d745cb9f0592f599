"""Groups of the command `dateline`, and what they have in common."""
