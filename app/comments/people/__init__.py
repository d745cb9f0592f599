"""What one person wrote: given out, erased, sealed, and forgotten in time."""
