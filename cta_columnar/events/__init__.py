"""The event-wise view, for people: one array event at a time, as attributes.

Nothing is copied or converted before it is asked for. What an event shows is read off
the record batches and their schemas, so a new column appears here by itself::

    for event in cta_columnar.open_source("run.simtel.zst"):
        event.trigger.tels_with_trigger     # array of telescope ids
        event.trigger.time.iso              # astropy Time, UTC
        event.simulation.energy.to("GeV")   # astropy Quantity
        event.r0.tel[4].waveform            # view of [channel, pixel, sample]
        print(event)                        # everything, with units and meanings

A number with a unit is a quantity; lists and pixel arrays are NumPy arrays without, and
what is printed tells their unit. Stages never use this room.
"""

from cta_columnar.events.event import Event, EventStream, iter_events
from cta_columnar.events.rows import Row, Section, Telescopes
from cta_columnar.schemas.event_types import EventType

__all__ = [
    "Event",
    "EventStream",
    "EventType",
    "Row",
    "Section",
    "Telescopes",
    "iter_events",
]
