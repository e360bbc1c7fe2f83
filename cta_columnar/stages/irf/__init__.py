"""Cuts, instrument responses and sensitivity, from arrays of events to tables.

No file is read here. Where to find what:

========================  ==========================================================
`axes`                    bins of energies, offsets, migration and any other column
`event_columns`           theta, offsets and field-of-view coordinates of events
`accumulator`             histograms filled from batches of events, merged exactly
`spectra`, `spectrum`     reference and other spectra of sources and cosmic rays
`simulated_runs`          what a simulation threw: its spectrum, area and view cone
`event_weights`           weights from the simulated to another spectrum
`thrown_showers`          thrown showers in bins of energy and offset
`components`              which histograms the components are made of
`effective_area`, ...     one module for each component of the response
`cuts`                    percentile cuts in bins of energy, and who passes them
`cut_optimisation`        cuts with the best sensitivity, on a grid
`sensitivity`             flux that is detected, from counts of signal and background
`resolution`, `roc`       how good directions, energies and the separation are
`product_tables`          histograms and components as Arrow tables and back
========================  ==========================================================
"""
