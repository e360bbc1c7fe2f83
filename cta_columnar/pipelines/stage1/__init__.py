"""Stage 1: raw files, DL0 or stored images to images and image parameters."""
