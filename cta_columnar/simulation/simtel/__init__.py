"""Write sim_telarray files.

`packing` stores values and `framing` makes blocks of payloads; one module per family of
blocks gives the payloads: `history`, `runs`, `atmospheres`, `cameras`, `readouts`,
`monitoring`, `showers`, `photoelectrons`, `triggers`, `telescope_events`, `adc`,
`pixel_timing`, `images`, `histograms`. They take plain values and know no physics.

`headers` puts together the blocks before the events, `array_events` those of an event,
and `pieces` compresses and writes: a file is any number of pieces, one after the other,
each compressed on its own, so that they may come from several workers.
"""
