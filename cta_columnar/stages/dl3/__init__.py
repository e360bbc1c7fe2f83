"""Event lists: from reconstructed events to tables of GADF, arrays in, tables out.

No file is read or written here; `store.gadf` does that. Where to find what:

======================  ==============================================================
`times`                 nanoseconds of TAI to seconds of GADF and to astropy
`site`                  where the array stands
`sky`                   altitude and azimuth to right ascension and declination, back
`field_of_view`         longitude, latitude, offset and position angle as GADF has them
`intervals`             good time: intervals, gaps, live time, placing events in it
`pointing`              tracking or drifting: found from data, and where it is when
`observation`           what is known of an observation, and the header keywords of it
`recorded`              observations from triggers and pointing that were recorded
`event_list`            EVENTS, GTI and POINTING of an observation
`responses`             components of the response as EFF_AREA, EDISP, PSF, BKG, RAD_MAX
`shares`                which simulated events make responses, which observations
`samples`               simulated events and what they stand for in an observation
`draw`                  simulated events to observations, none of them twice
`simulated_sky`         where on the sky, and when, a drawn event is seen
`simulated_events`      all of that together: samples of particles to observations
======================  ==============================================================
"""
