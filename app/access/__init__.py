"""Keys and scopes: who may do what."""
