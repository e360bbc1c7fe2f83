"""Slow, obvious packing of waveforms: what `kernels.waveform_codec` must equal."""


def split_planes(values):
    """Bytes of the folded differences of ``values[i, s]``, plane by plane."""
    n_bytes = values.dtype.itemsize
    size = 256**n_bytes
    folded = []
    for i, row in enumerate(values.tolist()):
        for s, value in enumerate(row):
            before = row[s - 1] if s else (int(values[i - 1, 0]) if i else 0)
            step = value - before
            # The shortest way around the circle of numbers.
            while step >= size // 2:
                step -= size
            while step < -size // 2:
                step += size
            folded.append(2 * step if step >= 0 else -2 * step - 1)
    digits = [value.to_bytes(n_bytes, "little") for value in folded]
    return b"".join(bytes(each[b] for each in digits) for b in range(n_bytes))


def join_planes(planes, shape, n_bytes):
    """Rows of numbers."""
    n_rows, n_samples = shape
    n = n_rows * n_samples
    rows = []
    for i in range(n_rows):
        row = []
        for s in range(n_samples):
            digits = bytes(planes[b * n + i * n_samples + s] for b in range(n_bytes))
            folded = int.from_bytes(digits, "little")
            step = folded // 2 if folded % 2 == 0 else -(folded + 1) // 2
            before = row[s - 1] if s else (rows[i - 1][0] if i else 0)
            row.append((before + step) % 256**n_bytes)
        rows.append(row)
    return rows
