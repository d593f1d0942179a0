"""HTTP only: the gateway, the admin API and the console. No rules of its own."""
