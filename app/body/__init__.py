"""The body of an article, as a value: its blocks, how they come in, what follows from them. Nothing here knows of rows or requests."""
