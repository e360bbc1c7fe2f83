"""sim_telarray files.

How a file becomes batches, each module calling those to its right::

    source -> sections                      where a file of several frames may be cut
           -> opening                       the streams: of a file, or of one section
           -> section_reading               a reading of the headers and that section
           -> reading -> chunks             a buffer that moves over the stream
                      -> window             its blocks, by `kernels.simtel.framing`
                      -> contradictions     blocks of which no rows come must fit, too
                      -> run -> headers     cold blocks, see below
                      -> event_reader       array events in the buffer: an `event_table`
                           -> triggers, times       when, and which telescopes
                           -> event_ids             what ties blocks to their event
                           -> truth                 the simulated shower
                           -> pointing
           -> batcher -> builder -> group   images are decoded here, a telescope type at
                             -> memory      a time, into memory that is used again

    headers -> header_blocks                what eventio makes of a block
            -> block_ids                    what its id must be
            -> simulation_headers           tables about the simulation
            -> array_headers -> telescopes -> telescope_names
                             -> coefficient_rows

No Python object stands for an event: `event_reader` works on all array events of a
buffer at once and stops at the first bad one, with a code of `kernels.simtel.codes`,
so that those before it are handed out.

Bad input is an error wherever it shows, even in what nobody reads: a block of true
images that names a telescope which the run header does not know is damage of the file,
though the image would only be left out. What cannot be seen are other bits in payloads,
which have no checksum, and heads whose value is free: the cleaning in the id of image
parameters, the id of auxiliary traces, and the older of two versions of a block that
nobody reads.
"""

from cta_columnar.sources.simtel.source import SimTelSource

__all__ = ["SimTelSource"]
