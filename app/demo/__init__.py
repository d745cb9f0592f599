"""The invented newsroom: content for a first look, and for tests that want a world."""
