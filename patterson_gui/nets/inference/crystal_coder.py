"""Encode crystals to latents, and decode latents to densities and atoms.

The linear parts run in double precision, so that a latent has no rounding errors and the atoms of a
decoded crystal can be refined against it to a residual of about zero (`crystal_atom_fit`).
"""

import threading
import time
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from patterson_gui.crystal.lattices import reduced_lattice
from patterson_gui.crystal.material import MOST_NUMBER, Material
from patterson_gui.crystal.materials.cube import (
    POINTS,
    Sample,
    SampleKind,
    gaussian_density,
    images,
    unit_cell_sample,
    window_sample,
)
from patterson_gui.crystal.materials.gaussian_fit import (
    ROUGHLY,
    Fit,
    merge_near_copies,
)
from patterson_gui.crystal.materials.latent import DIMENSIONS, Decoded, Latent
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.io.training.network_folders import find_model, list_models
from patterson_gui.nets.architectures.crystal_autoencoder import OF_DENSITY, Crystals
from patterson_gui.nets.architectures.weights import load_weights
from patterson_gui.nets.inference.crystal_atom_fit import (
    LinearEncoder,
    fit_to_density,
    fit_to_latent,
)
from patterson_gui.nets.inference.crystal_atoms import CubeAtoms, atoms_from_logits

Array = NDArray[np.float64]

_AROUND = 0.15  # standard deviation of samples around a crystal; that of the prior is 1


def load_coder(
    kind: SampleKind, model: str | None = None, folders: Sequence[Path] | None = None
) -> "NetworkCoder":
    """The trained network for one kind of sample.

    Parameters
    ----------
    model : name or file of the network; None: the first one found, the user's own networks before
        those of the program.

    Raises
    ------
    UserError : there is no such network, or it cannot be read.
    """
    if model is not None:
        card = find_model(model, folders, role="crystals")
    else:
        cards = list_models(folders, role="crystals")
        if not cards:
            raise UserError(
                "There is no trained network for crystals here: train one (patterson-gui train "
                "CRYSTALS.h5 --preset crystals)."
            )
        card = cards[0]
    network, card = load_weights(card.weights)
    if not isinstance(network, Crystals):
        raise UserError(f"'{card.name}' does not encode crystals: choose another network.")
    return NetworkCoder(network, card, kind)


class NetworkCoder:
    """A trained network as a `CrystalCoder` (`crystal.materials.latent` describes the methods)."""

    def __init__(self, network: Crystals, card: ModelCard, kind: SampleKind) -> None:
        self.network = network.eval()
        self.card = card
        self._kind: SampleKind = kind
        self._linear = network.windows if kind == "lattice" else network.unit_cells
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def kind(self) -> SampleKind:
        return self._kind

    @cached_property
    def encoder(self) -> LinearEncoder:
        """The linear encoder of this kind of sample, in double precision."""
        encode = self._linear.encode
        return LinearEncoder(
            self.network.functions.double().numpy().T,
            encode.weight.detach().double().numpy(),
            encode.bias.detach().double().numpy(),
            self.metric[:OF_DENSITY].astype(np.float64),
        )

    @cached_property
    def metric(self) -> NDArray[np.float32]:
        """(300,) rms change of the density, e/Å³, per unit of each number; 0 for the lattice."""
        columns = self._linear.decode.weight.detach().double().norm(dim=0).numpy()
        return np.concatenate([columns / POINTS**1.5, np.zeros(DIMENSIONS - OF_DENSITY)]).astype(
            np.float32
        )

    # ------------------------------------------------------------------ encoding

    def encode(self, material: Material) -> Latent:
        refuse_unknown_elements(material)
        if self.kind == "crystal":
            return self.encode_sample(unit_cell_sample(material), material.label)
        return self.encode_sample(window_sample(material), material.label)

    def encode_sample(self, sample: Sample, name: str = "") -> Latent:
        """The latent of a sample.

        Raises
        ------
        UserError : the sample is of another kind than this coder.
        """
        if sample.kind != self.kind:
            raise UserError(
                f"A {sample.kind} sample cannot be encoded as a {self.kind}: choose the other kind."
            )
        density = gaussian_density(sample.positions, sample.numbers)
        return self.encode_density(density, sample.lattice, name)

    def encode_density(
        self, density: NDArray[np.float32], lattice: Array, name: str = ""
    ) -> Latent:
        """The latent of a density (30, 30, 30), e/Å³."""
        of_density = self.encoder.encode(density)
        mean = self._linear.lattice_mean.double().numpy()
        scale = self._linear.lattice_scale.double().numpy()
        vector = np.concatenate([of_density, (lattice.ravel() - mean) / scale])
        return Latent(vector.astype(np.float32), self.kind, self.name, name)

    def encode_many(
        self,
        materials: Sequence[Material],
        report: Callable[[float], None] = lambda fraction: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> NDArray[np.float32]:
        vectors = np.full((len(materials), DIMENSIONS), np.nan, np.float32)
        for i, material in enumerate(materials):
            if i % 50 == 0:
                if cancelled():
                    raise Cancelled
                report(i / len(materials))
            try:
                vectors[i] = self.encode(material).vector
            except UserError:
                continue
        return vectors

    # ------------------------------------------------------------------ decoding

    def decode_density(self, latent: Latent) -> NDArray[np.float32]:
        self._refuse_foreign(latent)
        with torch.inference_mode():
            vector = torch.from_numpy(latent.vector)[None]
            windows = torch.tensor([self.kind == "lattice"])
            density = self.network.decode(vector, windows)[0, 0].clamp_min(0)
        found: NDArray[np.float32] = density.numpy()
        return found

    def lattice_of(self, latent: Latent) -> Array:
        """(3, 3) Å, rows a, b, c."""
        mean = self._linear.lattice_mean.double().numpy()
        scale = self._linear.lattice_scale.double().numpy()
        of = latent.vector[OF_DENSITY:].astype(np.float64)
        lattice: Array = (of * scale + mean).reshape(3, 3)
        return lattice

    def segment(self, density: NDArray[np.float32]) -> CubeAtoms:
        """The atoms that the segmentation finds in a density (30, 30, 30), e/Å³."""
        # On CPUs with bfloat16 instructions half precision is several times faster and as
        # accurate; on others torch emulates it, fifty times more slowly.
        half = torch.autocast("cpu", torch.bfloat16, enabled=_knows_half_precision())
        with self._lock, torch.inference_mode(), half:
            logits = self.network.logits(torch.from_numpy(density)[None, None])[0]
        return atoms_from_logits(logits)

    def decode(self, latent: Latent, cancelled: Callable[[], bool] = lambda: False) -> Decoded:
        began = time.perf_counter()
        density = self.decode_density(latent)
        lattice = self.lattice_of(latent)
        found = self.segment(density)
        # The matrices are so small that several threads would be slower than one.
        with threadpool_limits(1, "blas"):
            fit = fit_to_latent(
                self.encoder, latent, found, lattice if self.kind == "lattice" else None, cancelled
            )
        return self._decoded(density, lattice, fit, latent, began)

    def atoms_of_density(self, density: NDArray[np.float32], lattice: Array | None = None) -> Fit:
        """The atoms in a density (30, 30, 30), e/Å³, of Z-weighted Gaussians.

        Parameters
        ----------
        lattice : (3, 3) Å, if the density continues periodically outside the cube.
        """
        found = self.segment(density)
        with threadpool_limits(1, "blas"):
            return fit_to_density(density, found, lattice)

    def _decoded(
        self, density: NDArray[np.float32], lattice: Array, fit: Fit, latent: Latent, began: float
    ) -> Decoded:
        positions, numbers = fit.positions, fit.numbers
        if self.kind == "lattice":
            shown, shown_numbers, _ = images(positions, numbers, lattice)
        else:
            shown, shown_numbers = positions, numbers
        sample = Sample(shown, shown_numbers, lattice, self.kind)
        explained = gaussian_density(shown, shown_numbers).astype(np.float64)
        if self.kind == "crystal" and not latent.encoded and abs(np.linalg.det(lattice)) > 1:
            # A decoded sample may contain an atom and its periodic copy in the cube.
            fit = merge_near_copies(fit, reduced_lattice(lattice), ROUGHLY.too_close)
        left = float(((density - explained) ** 2).sum())
        there = float((density.astype(np.float64) ** 2).sum())
        return Decoded(
            density,
            sample,
            Material(fit.positions, fit.numbers, lattice, name=f"decoded {latent.name}".strip()),
            max(0.0, 1 - left / there) if there else 0.0,
            time.perf_counter() - began,
        )

    # ------------------------------------------------------------------ samples

    def sample(self, seed: int, temperature: float = 1.0, around: Latent | None = None) -> Latent:
        drawn = np.random.default_rng(seed).standard_normal(DIMENSIONS)
        if around is None:
            vector = temperature * drawn
            return Latent(vector.astype(np.float32), self.kind, self.name, f"sample {seed}", False)
        self._refuse_foreign(around)
        vector = around.vector + _AROUND * temperature * drawn
        name = f"sample {seed} around {around.name}".strip()
        return Latent(vector.astype(np.float32), self.kind, self.name, name, False)

    def _refuse_foreign(self, latent: Latent) -> None:
        if (latent.network, latent.kind) != (self.name, self.kind):
            raise UserError(
                f"The latent belongs to the network '{latent.network}' ({latent.kind}), and cannot "
                f"be decoded by '{self.name}' ({self.kind}): choose the network it was made with."
            )


def refuse_unknown_elements(material: Material) -> None:
    """Raise UserError if a crystal has no atoms, or elements without training examples."""
    if len(material) == 0:
        raise UserError(
            f"{material.label or 'This crystal'} has no atoms to encode: choose another one."
        )
    if material.numbers.max() > MOST_NUMBER or material.numbers.min() < 1:
        raise UserError(
            f"{material.label} has elements beyond plutonium, on which the network was not "
            "trained: choose another crystal."
        )


@cache
def _knows_half_precision() -> bool:
    """Whether this CPU has instructions for bfloat16."""
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # torch has no public name
    return any(getattr(torch.cpu, name, bool)() for name in asked)
