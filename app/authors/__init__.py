"""The people and organisations behind articles."""
