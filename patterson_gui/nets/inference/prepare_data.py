"""Make measured data similar to the training data of a network, and put them on its grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.prediction import Prediction, PredictionSettings, Problem
from patterson_gui.crystal.reciprocal.equivalents import match, unique_reflections
from patterson_gui.crystal.reciprocal.fourier import map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.wilson import wilson_scale
from patterson_gui.errors import UserError
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.nets.architectures.registry import Network
from patterson_gui.nets.forward_model.grid import grid_for
from patterson_gui.nets.forward_model.synthesis import Shape
from patterson_gui.nets.inference.batches import Measured

# Fractions of the non-hydrogen atoms in proteins, used if only the number of atoms is known.
_PROTEIN = {"C": 0.632, "N": 0.171, "O": 0.190, "S": 0.007}
_FEWEST_REFLECTIONS = 20
_B_TOLERANCE = 8.0  # Å²: uncertainty of B from a Wilson plot of a few hundred reflections


@dataclass(frozen=True, eq=False)
class PreparedData:
    """The input of a network: `data` in P1 on the measured scale, and |F| in electrons."""

    data: Amplitudes
    f_absolute: NDArray[np.float32]
    notes: tuple[str, ...]


def prepare(problem: Problem, settings: PredictionSettings, card: ModelCard) -> PreparedData:
    """Expand the data to P1, cut them to the network's resolution, and scale |F| to electrons.

    Raises
    ------
    UserError : too few reflections remain, or the content of the cell is needed for the scale but
        is not known.
    """
    amplitudes, composition = problem.amplitudes, problem.composition
    notes: list[str] = []
    if not amplitudes.absolute:
        content = _content(composition, settings)
        scale, b = wilson_scale(amplitudes, content)
    data = amplitudes.expand_to_p1()
    if amplitudes.spacegroup.number != 1:
        notes.append(
            f"The data were expanded from {amplitudes.spacegroup.xhm()} to P1: the network has "
            "not seen this symmetry."
        )
    finest = max(card.data.d_min[0], settings.d_min or 0.0)
    if len(data) and data.d_min < finest - 0.01:
        data = data.cut(finest)
        notes.append(f"The network was given the data to {finest:.2f} Å, as it has seen them.")
    if len(data) < _FEWEST_REFLECTIONS or not float(data.f.max(initial=0.0)) > 0:
        raise UserError(
            f"Only {len(data)} reflections lie within what the network has seen, too few to "
            "predict from: use more or finer data."
        )
    f = data.f.astype(np.float64)
    if not amplitudes.absolute:
        lowest, highest = card.data.b_iso
        wanted = min(max(b, lowest - _B_TOLERANCE), highest + _B_TOLERANCE)
        f = f * scale * np.exp(-(wanted - b) / (4.0 * data.d**2))
        notes.append(
            f"The data were put on absolute scale by Wilson statistics (× {scale:.3g}, "
            f"B {b:.0f} Å²" + (f", brought to {wanted:.0f} Å²)." if wanted != b else ").")
        )
    return PreparedData(data, f.astype(np.float32), tuple(notes))


def _content(composition: Composition | None, settings: PredictionSettings) -> Composition:
    """The known content of the cell, or that of a protein with the given number of atoms."""
    n_atoms = settings.n_atoms
    if composition is not None and n_atoms in (None, composition.n_atoms):
        return composition
    if n_atoms is None:
        raise UserError(
            "The data cannot be put on absolute scale because the content of the cell is not "
            "known: give its number of atoms."
        )
    counts = {element: round(share * n_atoms) for element, share in _PROTEIN.items()}
    return Composition({element: n for element, n in counts.items() if n} or {"C": n_atoms})


def network_grid(cell: gemmi.UnitCell, card: ModelCard, network: Network) -> Shape:
    """The grid that a cell would have in training; always fine enough for the reflections."""
    finest = card.data.d_min[0]
    spacing = min(card.data.spacing, 0.49 * finest)
    shape = grid_for(torch.tensor([cell.a, cell.b, cell.c]), spacing, network.multiple)
    network.check_grid(shape)
    return shape


def stack_data(problems: Sequence[PreparedData], shape: Shape) -> Measured:
    """The data of several crystals on grids of one shape."""
    spectra = [_half_spectrum(problem, shape) for problem in problems]
    cells = [problem.data.cell for problem in problems]
    return Measured(
        moduli=torch.from_numpy(np.stack([moduli for moduli, _ in spectra])),
        observed=torch.from_numpy(np.stack([observed for _, observed in spectra])),
        cells=torch.tensor([list(cell.parameters) for cell in cells], dtype=torch.float32),
        volumes=torch.tensor([cell.volume for cell in cells], dtype=torch.float32),
    )


def _half_spectrum(
    prepared: PreparedData, shape: Shape
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """|F| on the half spectrum (nu, nv, nw//2+1), zero where nothing was measured; and a mask of
    the same shape, false at missing terms within the resolution limit."""
    nu, nv, nw = shape
    data = prepared.data
    moduli = np.zeros((nu, nv, nw // 2 + 1), dtype=np.float32)
    observed = np.ones(moduli.shape, dtype=bool)
    for hkl, f in (
        (unique_reflections(data.cell, p1(), data.d_min), None),
        (data.hkl, prepared.f_absolute),
    ):
        for mates in (hkl, -hkl):
            upper = mates[:, 2] >= 0
            h, k, l = mates[upper].T  # noqa: E741
            observed[h, k, l] = f is not None
            if f is not None:
                moduli[h, k, l] = f[upper]
    return moduli, observed


def map_with_phases(
    prepared: PreparedData, prediction: Prediction, shape: Shape
) -> NDArray[np.float32]:
    """(nu, nv, nw) e/Å³, the map of the measured amplitudes and the phases of `prediction`, to the
    network's resolution."""
    data = prepared.data
    index, found = match(prediction.amplitudes.hkl, data.hkl)
    phases = np.radians(prediction.phases_deg[index].astype(np.float64))
    terms = np.where(found, prepared.f_absolute * np.exp(1j * phases), 0.0)
    return map_from_terms(data.hkl, terms, data.cell, shape)
