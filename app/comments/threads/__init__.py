"""How a discussion is read: lists at any level, windows around one comment, and what has changed since."""
