"""Names for things that are told apart by them."""

from collections import Counter
from collections.abc import Sequence


def told_apart(names: Sequence[str], between: str) -> list[str]:
    """Put a number behind names that several things share.

    Parameters
    ----------
    names : sequence of str
        As they are.
    between : str
        Stands before the number.

    Examples
    --------
    >>> told_apart(["gamma", "proton", "gamma"], "_")
    ['gamma_1', 'proton', 'gamma_2']
    """
    total, seen = Counter(names), Counter[str]()
    numbered = []
    for name in names:
        seen[name] += 1
        number = f"{between}{seen[name]}" if total[name] > 1 else ""
        numbered.append(name + number)
    return numbered
