"""Simulated air showers and telescopes, written as sim_telarray files.

`arrays` reads an array and its telescope models (`telescopes`) from YAML: `sections`
has the keys, `reading` checks them, `building` puts models together out of `cameras`,
`patches` and `pulses`. `showers` makes a primary and its sub-showers, `light` turns
them into photo-electrons on pixels (`photoelectrons`), `electronics` and `trigger` into
waveforms, and `simtel` into blocks of a file. All draws are functions of (seed, run,
shower, use, telescope) only.
"""
