"""What a request passes before it reaches its endpoint, and its answer on the way back, as plain ASGI."""
