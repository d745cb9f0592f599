"""Who takes part in discussions: guests and members, how each is known again, and what may be known of them."""
