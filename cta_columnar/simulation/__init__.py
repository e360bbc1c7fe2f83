"""Simulated air showers and telescopes, written as sim_telarray files.

`showers` makes a primary and its sub-showers, `light` turns them into photo-electrons
on pixels (`photoelectrons`), `electronics` and `trigger` into waveforms, and `simtel`
into blocks of a file. All draws are functions of (seed, run, shower, use, telescope) only.
"""
