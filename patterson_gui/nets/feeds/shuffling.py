"""Which examples come next: an endless sequence of shuffled passes over a data set.

Everything follows from the seed and the place in the sequence, so that a training that was
interrupted anywhere goes on with the very next example.
"""

import numpy as np
from numpy.typing import NDArray


def mixed(*numbers: int) -> int:
    """A seed for random numbers that have nothing to do with those of other arguments."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))


def examples_at(first: int, count: int, n: int, seed: int) -> NDArray[np.int64]:
    """(count,) the examples (0..n-1) at places `first` … of the sequence.

    In each stretch of n places that begins at a multiple of n, every example comes once.
    """
    parts, place, end = [], first, first + count
    while place < end:
        shuffled = np.random.default_rng((seed, place // n)).permutation(n)
        inside = place % n
        part = shuffled[inside : inside + end - place]
        parts.append(part)
        place += len(part)
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
