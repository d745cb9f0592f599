"""The way of an article to its readers: stages, and the notes that the newsroom writes about it."""
