"""Which of the measured crystals rules may be fitted to, and which only check them.

A rule with thresholds is fitted to the sets of the half "fitted" and then checked on those of the
half "checked". The half follows from the name of a set alone, so every part uses the same split.
"""

import hashlib
from typing import Literal

Half = Literal["fitted", "checked"]

# The first of 0, 1, 2, ... for which both halves hold electron data, twins, inorganic and
# organometallic crystals.
SEED = 1


def half_of(name: str) -> Half:
    """The half of the set `name`: by the first bit of the SHA-256 of "SEED:name"."""
    digest = hashlib.sha256(f"{SEED}:{name}".encode()).digest()
    return "checked" if digest[0] & 1 else "fitted"
