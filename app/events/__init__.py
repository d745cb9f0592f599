"""The log: every change, once, in the order in which it was committed."""
