"""Slow, obvious counting of islands: what `kernels.island_counts` must equal."""


def island_counts(kept, touching):
    left = set(kept)
    sizes = []
    while left:
        island = {left.pop()}
        while grown := {q for p in island for q in touching(p)} & left:
            island |= grown
            left -= grown
        sizes.append(len(island))
    return [
        len(kept),
        len(sizes),
        sum(size <= 2 for size in sizes),
        sum(3 <= size <= 50 for size in sizes),
        sum(size > 50 for size in sizes),
    ]
