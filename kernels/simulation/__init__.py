"""Kernels of the simulator: random streams, showers, light and electronics."""
