"""What the newsroom says of discussions, on the site and in sections, and what holds by that; articles answer with it."""
