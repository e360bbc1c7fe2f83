"""Cuts, instrument responses and sensitivity, from arrays of events to tables.

No file is read here. Where to find what:

=================================  =================================================
events
`event_columns`                    theta, offsets and field-of-view coordinates
`telescope_types`                  which types of telescopes took part
`given`, `grouping`                columns that are asked for, and events bin by bin
weights
`spectrum`, `spectra`              what a spectrum is, and published and other ones
`simulated_spectra`                what a simulation threw: energies,
`simulated_runs`                   and with them area and view cone
`event_weights`                    from the simulated to another spectrum
histograms
`axes`                             bins of energies, offsets and any other column
`accumulator`, `fixed_point`       filled from batches and merged, with exact sums
`bootstrap`                        errors by resampling showers
cuts
`cuts`                             what they are, who passes them, and the radius of
                                   a point-like response
`percentile_cuts`                  that a share of the signal passes
`cut_optimisation`, `cut_scan`     with the best sensitivity, of a grid of cuts
instrument responses
`components`                       their axes, which events they are made of, and all
                                   of them at once
`component`                        numbers with errors in bins, whatever they are
`thrown_showers`                   what the effective area is divided by
`effective_area`, `psf`,
`energy_dispersion`, `background`  the components
figures of merit
`sensitivity`                      smallest flux that is detected
`resolution`, `roc`                of directions and energies, and of the separation
`resolution_of_response`           the same of responses without their events
between points of a grid
`grid`, `interpolation_weights`    where the points are, and which are around a place
`interpolation`                    responses and cuts between them
`interpolated_distributions`       those parts that are distributions
`energy_migration`                 migration matrices on other axes
tables
`product_tables`                   of all products and of histograms, and back
=================================  =================================================

Formulas, and what differs from pyirf and ctapipe, are in ``docs/irf.md``.
"""
