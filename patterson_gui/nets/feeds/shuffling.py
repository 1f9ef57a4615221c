"""The order of the examples: an endless sequence of shuffled passes over a data set.

It depends only on the seed and the position, so that an interrupted training continues with the
next example.
"""

import numpy as np
from numpy.typing import NDArray


def combined_seed(*numbers: int) -> int:
    """Combine numbers into a seed; different numbers give independent random numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))


def examples_at(first: int, count: int, n: int, seed: int) -> NDArray[np.int64]:
    """(count,) the examples (0..n−1) from position `first` of the sequence on.

    Each pass of n positions, beginning at a multiple of n, contains every example once.
    """
    parts, place, end = [], first, first + count
    while place < end:
        shuffled = np.random.default_rng((seed, place // n)).permutation(n)
        inside = place % n
        part = shuffled[inside : inside + end - place]
        parts.append(part)
        place += len(part)
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
