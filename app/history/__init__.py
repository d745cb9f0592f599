"""What an article once was: its revisions, what differs between them, and the way back to one."""
