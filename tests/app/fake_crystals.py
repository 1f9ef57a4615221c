"""A linear coder in place of the crystal network, and a few known crystals."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from patterson_gui.app.services import CrystalServices
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import (
    EDGE,
    POINTS,
    Sample,
    SampleKind,
    gaussian_density,
    unit_cell_sample,
    window_sample,
)
from patterson_gui.crystal.materials.latent import DIMENSIONS, Decoded, Latent
from patterson_gui.errors import Cancelled, UserError

FUNCTIONS = 6
SCALE = 0.05


def _cosines() -> NDArray[np.float64]:
    """An orthonormal basis, (30, 6)."""
    x = (np.arange(POINTS) + 0.5) / POINTS
    waves = np.cos(np.pi * x[:, None] * np.arange(FUNCTIONS))
    return np.asarray(waves / np.linalg.norm(waves, axis=0))


@dataclass
class FakeCoder:
    """A latent is made of cosine coefficients of the density and the lattice.

    The atoms of a latent are those of the nearest crystal that was encoded. While `go` is cleared,
    no call returns.
    """

    kind: SampleKind = "crystal"
    name: str = "cosines"
    go: threading.Event = field(default_factory=threading.Event)
    decoded: list[Latent] = field(default_factory=list)
    searched: list[Latent] = field(default_factory=list)
    endless: bool = False
    seen: dict[bytes, tuple[NDArray[np.float32], Sample, Material]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.go.set()
        self._u = _cosines()

    @property
    def metric(self) -> NDArray[np.float32]:
        weights = np.zeros(DIMENSIONS, np.float32)
        weights[: FUNCTIONS**3] = SCALE / POINTS**1.5 * 10
        return weights

    def encode(self, material: Material) -> Latent:
        sample = unit_cell_sample(material) if self.kind == "crystal" else window_sample(material)
        density = gaussian_density(sample.positions, sample.numbers)
        u = self._u
        wanted = np.einsum("ijk,ia,jb,kc->abc", density, u, u, u, optimize=True)
        vector = np.zeros(DIMENSIONS, np.float32)
        vector[: FUNCTIONS**3] = wanted.ravel() / (SCALE * 10)
        vector[-9:] = sample.lattice.ravel() / EDGE
        self.seen[vector.tobytes()] = (vector, sample, material)
        return Latent(vector, self.kind, self.name, material.label)

    def encode_many(
        self,
        materials: Sequence[Material],
        report: Callable[[float], None] = lambda fraction: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> NDArray[np.float32]:
        rows = np.full((len(materials), DIMENSIONS), np.nan, np.float32)
        for i, material in enumerate(materials):
            while not self.go.wait(0.01):
                if cancelled():
                    raise Cancelled
            report(i / len(materials))
            try:
                rows[i] = self.encode(material).vector
            except UserError:
                continue
        return rows

    def decode_density(self, latent: Latent) -> NDArray[np.float32]:
        self.decoded.append(latent)
        self.go.wait(20)
        u = self._u
        wanted = latent.vector[: FUNCTIONS**3].reshape([FUNCTIONS] * 3) * (SCALE * 10)
        density = np.einsum("abc,ia,jb,kc->ijk", wanted, u, u, u, optimize=True)
        return np.maximum(density, 0).astype(np.float32)

    def decode(self, latent: Latent, cancelled: Callable[[], bool] = lambda: False) -> Decoded:
        self.searched.append(latent)
        while self.endless:
            if cancelled():
                raise Cancelled
            time.sleep(0.005)  # a search that never ends by itself; lets the other threads run
        density = self.decode_density(latent)
        self.decoded.pop()
        lattice = latent.vector[-9:].reshape(3, 3).astype(np.float64) * EDGE
        away = [float(((v - latent.vector) ** 2).sum()) for v, _, _ in self.seen.values()]
        _, sample, material = list(self.seen.values())[int(np.argmin(away))]
        own = gaussian_density(sample.positions, sample.numbers)
        left = float(((density - own) ** 2).sum() / (density**2).sum())
        positions = material.positions if self.kind == "lattice" else sample.positions
        found = Material(positions, material.numbers, lattice, name=f"decoded {latent.name}")
        return Decoded(density, replace(sample, lattice=lattice), found, max(0.0, 1 - left))

    def sample(self, seed: int, temperature: float = 1.0, around: Latent | None = None) -> Latent:
        drawn = np.random.default_rng(seed).standard_normal(DIMENSIONS) * temperature
        rows = [vector for vector, _, _ in self.seen.values()]
        drawn = drawn * (np.std(rows, axis=0) if len(rows) > 1 else 0.1)
        centre = np.mean(rows, axis=0) if around is None else around.vector
        words = f"sample {seed}" + ("" if around is None else f" around {around.name}")
        return Latent((centre + drawn).astype(np.float32), self.kind, self.name, words)


def rock_salt(first: int, last: int, edge: float, identifier: str = "") -> Material:
    """A crystal with the rock-salt structure: eight atoms in a cubic cell."""
    corners = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2
    frac = np.concatenate([corners, corners + np.array([0.5, 0, 0])])
    return Material(
        frac * edge, np.repeat([first, last], 4).astype(np.int64), edge * np.eye(3),
        identifier=identifier, split="train",
    )  # fmt: skip


SALT = rock_salt(11, 17, 5.64, "mp-1")
KNOWN = (
    SALT,
    rock_salt(12, 8, 4.21, "mp-2"),
    rock_salt(3, 9, 4.03, "mp-3"),
    rock_salt(20, 16, 5.69, "mp-4"),
    rock_salt(19, 35, 6.60, "mp-5"),
)
LARGE = rock_salt(11, 17, 26.0, "large")  # does not fit into the cube


@dataclass
class FakeCrystals:
    """Crystal services for tests, which set the network, its problem and the known crystals."""

    coders: dict[SampleKind, FakeCoder] = field(
        default_factory=lambda: {"crystal": FakeCoder("crystal"), "lattice": FakeCoder("lattice")}
    )
    known: Sequence[Material] = KNOWN
    problem: str = ""  # a sentence: there is no network

    @property
    def coder(self) -> FakeCoder:
        return self.coders["crystal"]

    def load(self, kind: SampleKind) -> FakeCoder:
        if self.problem:
            raise UserError(self.problem)
        return self.coders[kind]

    def services(self) -> CrystalServices:
        return CrystalServices(self.load, lambda: self.known)
