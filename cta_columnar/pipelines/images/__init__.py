"""Images as they lie in datasets, and the work on them when they are cleaned anew."""
