"""Arrays that are shipped; one of your own has the same form."""
