"""Named things with a slug, that articles refer to: what authors and tags have in common."""
