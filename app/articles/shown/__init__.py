"""What readers are given: prepared text and what moves in it, single articles, lists, search, what stands around an article."""
