"""Telescope models that are shipped; arrays name and change them."""
