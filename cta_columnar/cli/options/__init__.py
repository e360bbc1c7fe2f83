"""Options that several verbs have, declared once: a module for each group of them."""
