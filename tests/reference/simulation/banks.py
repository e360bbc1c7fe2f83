"""Banks of traces, photo-electron by photo-electron."""

import numpy as np

from reference.simulation.charges import charge


def row(photo_electrons, n_columns, pulses):
    """A ring of samples with pulses at (position, charge), mean not subtracted."""
    n_phases, length = pulses.shape
    out = np.zeros(n_columns)
    for position, q in photo_electrons:
        whole, part = divmod(position, 1)
        for i in range(length):
            out[int(whole + 1 + i) % n_columns] += q * pulses[int(part * n_phases), i]
    return out


def sky(u, poisson, n_rows, n_columns, quantiles, pulses):
    """``poisson(u)`` draws the number in a row from the stream ``u``."""
    rows = []
    for _ in range(n_rows):
        lots = [(next(u) * n_columns, charge(u, quantiles)) for _ in range(poisson(u))]
        rows.append([row(lots, n_columns, pulse) for pulse in pulses])
    out = np.array(rows).reshape(n_rows, len(pulses), n_columns).swapaxes(0, 1)
    return out - out.mean(axis=(1, 2), keepdims=True) if n_rows else out
