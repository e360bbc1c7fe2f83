"""The algorithms of each data level: arrays in, columns out."""
