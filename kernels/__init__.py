"""Numba kernels: plain arrays in, plain arrays out."""
