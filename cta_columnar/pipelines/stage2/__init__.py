"""Stage 2: image parameters to directions."""
