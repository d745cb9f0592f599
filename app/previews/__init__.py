"""Links that show a working copy to somebody without a key."""
