"""Lists that editors arrange: a front page, their picks."""
