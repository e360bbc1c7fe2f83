"""Pages of what is in datasets, models, responses and event lists, and of runs."""
