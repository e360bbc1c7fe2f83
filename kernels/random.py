"""Random numbers that are a pure function of what they are for.

Philox4x32-10 of J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
SC11 (2011), doi:10.1145/2063384.2063405. It has no state to carry from one use to the
next, so results depend neither on the order of events nor on the number of workers.

Words are 32-bit numbers, held in uint64 so that products do not overflow.
"""

import numpy as np

from cta_columnar.kernels._jit import inline

TIMING_FIT = 1
"""Stream of `timing`. Each use of random numbers takes a stream of its own."""
IMAGE_SMEARING = 2
"""Stream of `smear_psf`, which moves light to neighbours."""
IMAGE_NOISE = 3
"""Stream of `add_noise`, night sky light added to images."""
WAVEFORM_NOISE = 4
"""Stream of `add_waveform_noise`, night sky light added to samples."""

_WORD = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
# Multipliers and key increments of table 2 and section 3.3 of the paper.
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)

Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]


@inline
def _round(
    c0: np.uint64,
    c1: np.uint64,
    c2: np.uint64,
    c3: np.uint64,
    k0: np.uint64,
    k1: np.uint64,
    number: int,
) -> Words:
    """One of the rounds, counted from 0: each has keys of its own."""
    product_0 = _MULTIPLIER_0 * c0
    product_1 = _MULTIPLIER_1 * c2
    key_0 = (k0 + np.uint64(number) * _WEYL_0) & _WORD
    key_1 = (k1 + np.uint64(number) * _WEYL_1) & _WORD
    return (
        (product_1 >> _HALF) ^ c1 ^ key_0,
        product_1 & _WORD,
        (product_0 >> _HALF) ^ c3 ^ key_1,
        product_0 & _WORD,
    )


@inline
def philox4x32(
    c0: np.uint64,
    c1: np.uint64,
    c2: np.uint64,
    c3: np.uint64,
    k0: np.uint64,
    k1: np.uint64,
) -> Words:
    """Four random words from a counter of four words and a key of two."""
    # Written out: of a loop, compilers make a copy wherever a number is drawn.
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1, 0)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1, 1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1, 2)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1, 3)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1, 4)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1, 5)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1, 6)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1, 7)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1, 8)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1, 9)
    return c0, c1, c2, c3


@inline
def words_of(key: int, stream: int, block: int) -> Words:
    """Four random words of a key.

    Parameters
    ----------
    key : int
        What the numbers belong to; 64 bits.
    stream : int
        What they are for, such as `TIMING_FIT`; 32 bits.
    block : int
        Which four words of this stream; 32 bits.
    """
    # Masked as signed numbers first: a negative key must not be cast.
    return philox4x32(
        np.uint64(block & 0xFFFFFFFF),
        np.uint64(stream & 0xFFFFFFFF),
        np.uint64(0),
        np.uint64(0),
        np.uint64(key & 0xFFFFFFFF),
        np.uint64((key >> 32) & 0xFFFFFFFF),
    )


@inline
def below(word: np.uint64, n: int) -> np.int64:
    """Map a word to a whole number in [0, n), ``n`` < 2**32.

    By multiplication, D. Lemire, "Fast random integer generation in an interval", ACM
    TOMACS 29 (2019), without the rejection step: the bias is at most n / 2**32.
    """
    return np.int64((word * np.uint64(n)) >> _HALF)
