"""What people see of comments of their own, and what they may do with them."""
