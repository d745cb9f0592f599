"""The trash: where deleted articles wait, and how they are gone for good."""
