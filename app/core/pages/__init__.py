"""What the service answers beside its API: the documentation, whether it is well, its figures."""
