"""Latent vectors of crystals, decoded crystals, and the interface of encoder–decoders.

The types are here so that the application and the window can use them without importing the
networks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.display.html import summary
from patterson_gui.crystal.display.words import named
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import Sample, SampleKind

DIMENSIONS = 300


@dataclass(frozen=True, eq=False)
class Latent:
    """A crystal as a vector.

    Attributes
    ----------
    vector : (300,) float32; of order one in every direction.
    kind : kind of sample: a unit cell, or a window onto the crystal.
    network : name of its network; other networks cannot decode it.
    name : name of the encoded crystal.
    encoded : whether a crystal was encoded to exactly this latent; false for latents that were
        drawn, moved or interpolated.
    """

    vector: NDArray[np.float32]
    kind: SampleKind
    network: str
    name: str = ""
    encoded: bool = True

    def __repr__(self) -> str:
        how = "encoded" if self.encoded else "drawn or moved"
        return (
            f"<{named('Latent', self.name)}: {len(self.vector)} numbers, {self.kind}, {how}, "
            f"network {self.network!r}>"
        )

    def _repr_html_(self) -> str:
        rows = [
            ("kind", self.kind),
            ("network", self.network),
            ("numbers", str(len(self.vector))),
            ("from", "a crystal" if self.encoded else "random or moved numbers"),
        ]
        return summary(self.name or "Latent", rows)

    def moved(self, direction: NDArray[np.float32], by: float) -> Self:
        """The latent moved by `by` along a direction (300,)."""
        vector = (self.vector + by * direction).astype(np.float32)
        return replace(self, vector=vector, encoded=self.encoded and by == 0)


def between(first: Latent, last: Latent, fraction: float) -> Latent:
    """The latent on the straight line from one (0) to the other (1).

    Raises
    ------
    ValueError : the latents belong to different networks or kinds.
    """
    if (first.network, first.kind) != (last.network, last.kind):
        raise ValueError("latents of different networks or kinds cannot be interpolated")
    vector = (1 - fraction) * first.vector + fraction * last.vector
    name = f"{first.name} – {last.name}, {fraction:.0%}"
    end = first if fraction == 0 else last
    encoded = fraction in (0, 1) and end.encoded
    return replace(first, vector=vector.astype(np.float32), name=name, encoded=encoded)


@dataclass(frozen=True, eq=False)
class Decoded:
    """The density and atoms decoded from a latent.

    Attributes
    ----------
    density : (30, 30, 30) e/Å³ in the cube, from the decoder.
    sample : atoms in the cube that explain it; for a window with the copies around it.
    material : lattice and atoms of one cell, in the frame of the cube; atoms of the sample that
        are copies of each other are merged.
    explained : share of the density, 0 to 1, that these atoms account for: 1 − Σ(ρ − ρ_atoms)²/Σρ².
        Well below 1, no arrangement of atoms has this latent.
    seconds : time of decoding.
    """

    density: NDArray[np.float32]
    sample: Sample
    material: Material
    explained: float
    seconds: float = 0.0


class CrystalCoder(Protocol):
    """A trained encoder–decoder with its segmentation, for one kind of sample.

    All methods but `encode_many` take a few tenths of a second at most. They may be called in any
    thread.
    """

    @property
    def name(self) -> str:
        """Name of the network, as in `Latent.network`."""
        ...

    @property
    def kind(self) -> SampleKind:
        """Kind of sample that it encodes."""
        ...

    @property
    def metric(self) -> NDArray[np.float32]:
        """(300,) change of the density with each direction of the latent.

        Distances between vectors multiplied by this are distances between densities.
        """
        ...

    def encode(self, material: Material) -> Latent:
        """Encode a crystal in its present orientation.

        Raises `UserError` if it does not fit into the cube, or has unknown elements.
        """
        ...

    def encode_many(
        self,
        materials: Sequence[Material],
        report: Callable[[float], None] = lambda fraction: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> NDArray[np.float32]:
        """(n, 300) vectors; NaN in the row of a crystal that cannot be encoded.

        Raises `Cancelled` soon after `cancelled()` turns true.
        """
        ...

    def decode_density(self, latent: Latent) -> NDArray[np.float32]:
        """(30, 30, 30) e/Å³: the decoded density alone, which is faster than `decode`."""
        ...

    def decode(self, latent: Latent, cancelled: Callable[[], bool] = lambda: False) -> Decoded:
        """Decode the density, and find the atoms in it.

        Raises `UserError` if the latent belongs to another network, and `Cancelled` soon after
        `cancelled()` turns true.
        """
        ...

    def sample(self, seed: int, temperature: float = 1.0, around: Latent | None = None) -> Latent:
        """A random latent: drawn from the prior, or around a known one; the spread is multiplied
        by `temperature`."""
        ...
