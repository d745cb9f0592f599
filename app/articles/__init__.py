"""Articles: what they are, how they look, what a newsroom does to them."""
