"""Live coverage: what is posted to a live blog, and how those who show it keep up."""
