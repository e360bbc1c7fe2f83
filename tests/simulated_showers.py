"""A small simulated file, for tests of what is done with it."""

from cta_columnar import run

# Two gains, one gain, and a camera without samples.
TELESCOPES = [1, 3, 5]


def simulate(path, **more):
    """Simulate showers that all telescopes see."""
    run(
        "simulate",
        output=path,
        workers=1,
        array="all-cameras",
        telescopes=TELESCOPES,
        energy=[2.0, 20.0],
        n_showers=6,
        reuse=2,
        scatter_radius=200.0,
        **more,
    )
    return path
