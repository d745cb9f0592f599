"""How fast Dateline is, measured beside a bare ASGI application that answers the same bytes."""
