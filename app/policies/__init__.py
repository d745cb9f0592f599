"""What a discussion allows: comment policy, inherited from the site by sections, and from a section by its articles."""
