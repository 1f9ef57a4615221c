"""Predict densities with trained networks, through the interface that the pipeline uses.

The data are first made similar to the training data where possible: expanded to P1, cut at the
network's resolution limit, put on absolute scale by Wilson statistics. The result is the network's
own density, to that limit and in the fixed frame of its training. It is not aligned, and the
measured amplitudes are not put back.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.cells import grid_shape, p1
from patterson_gui.crystal.comparison.agreement import self_consistency
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.prediction import (
    Applicability,
    Prediction,
    PredictionSettings,
    Problem,
    Progress,
)
from patterson_gui.crystal.reciprocal.equivalents import match, unique_reflections
from patterson_gui.crystal.reciprocal.figures_of_merit import sim_fom
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map, map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.scaling import best_scale, r_factor
from patterson_gui.crystal.reciprocal.wilson import wilson_scale
from patterson_gui.errors import UserError
from patterson_gui.io.training.model_cards import ModelCard, find_model, list_models
from patterson_gui.nets.architectures.organic import Organic
from patterson_gui.nets.architectures.registry import Network, Scales
from patterson_gui.nets.architectures.weights import load_weights
from patterson_gui.nets.forward_model.grid import grid_for
from patterson_gui.nets.inference.applicability import covers, preference, refusal, why_unsuitable
from patterson_gui.nets.inference.batches import Measured, infer, tell_hand
from patterson_gui.nets.inference.segment_atoms import as_structure, find_atoms, load_network

Shape = tuple[int, int, int]

# Fractions of the non-hydrogen atoms in proteins, used if only the number of atoms is known.
_PROTEIN = {"C": 0.632, "N": 0.171, "O": 0.190, "S": 0.007}
_FEWEST_REFLECTIONS = 20
_B_SLACK = 8.0  # Å²: uncertainty of B from a Wilson plot of a few hundred reflections


@dataclass(frozen=True, eq=False)
class _Prepared:
    """The input of a network: `data` in P1 on the measured scale, and |F| in electrons."""

    data: Amplitudes
    f_absolute: NDArray[np.float32]
    notes: tuple[str, ...]


class TrainedNetworks:
    """The `crystal.prediction.Networks` of all weights in some folders.

    The default folders are the user's own and the program's. Weights are read when first needed,
    and cached.
    """

    def __init__(self, folders: Iterable[Path] | None = None) -> None:
        self._folders = None if folders is None else list(folders)
        self._loaded: dict[str, tuple[Network, ModelCard]] = {}

    @cached_property
    def cards(self) -> list[ModelCard]:
        """The cards of all weights."""
        return list_models(self._folders)

    def choose(
        self,
        amplitudes: Amplitudes,
        composition: Composition | None,
        settings: PredictionSettings,
    ) -> Applicability:
        """The weights named in the settings, or the best of those that suit the data.

        Raises
        ------
        UserError : the named weights do not exist, or their card is damaged.
        """
        cards = self.cards
        if settings.model is not None:
            cards = [find_model(settings.model, self._folders)]
        reasons = [why_unsuitable(card, amplitudes, composition, settings) for card in cards]
        fitting = [card for card, reason in zip(cards, reasons, strict=True) if reason is None]
        if not fitting:
            return Applicability(None, refusal(cards, [reason or "" for reason in reasons]))
        n_atoms = settings.n_atoms or (composition.n_atoms if composition else None)
        best = min(fitting, key=lambda card: preference(card, amplitudes, n_atoms))
        name = settings.model if settings.model is not None else best.name
        return Applicability(name, f"The network '{best.name}' covers {covers(best)}.")

    def predict_many(
        self,
        problems: Sequence[Problem],
        model: str,
        settings: PredictionSettings,
        report: Callable[[Progress], None] = lambda progress: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[Prediction]:
        """Predict the densities of crystals with the weights called `model`, which suit them."""
        network, card = self._load(model)
        began = time.perf_counter()
        prepared = [_prepared(problem, settings, card) for problem in problems]
        answers: list[Prediction | None] = [None] * len(prepared)
        shapes = [_network_shape(p.data.cell, card, network) for p in prepared]
        for shape in dict.fromkeys(shapes):
            places = [i for i, other in enumerate(shapes) if other == shape]
            mine = [prepared[i] for i in places]

            def done(fraction: float) -> None:
                report(Progress(fraction, f"network {card.name}"))

            outcome = infer(
                network,
                Scales(patterson=card.scales.patterson, density=card.scales.density),
                _measured(mine, shape),
                _device(settings.device),
                cancelled,
                done,
            )
            for i, grid in zip(places, outcome.densities, strict=True):
                answers[i] = _prediction(prepared[i], grid.numpy(), card, settings, outcome.device)
        seconds = (time.perf_counter() - began) / max(1, len(problems))
        return [replace(a, seconds=seconds) for a in answers if a is not None]

    def handedness(
        self,
        problems: Sequence[Problem],
        predictions: Sequence[Prediction],
        model: str,
        settings: PredictionSettings,
    ) -> list[float | None]:
        """The log odds that each predicted density, rather than its inverse, shows L amino acids.

        The predictions may come from any method. None for weights that cannot determine the hand.
        """
        network, card = self._load(model)
        device = _device(settings.device)
        answers: list[float | None] = []
        for problem, prediction in zip(problems, predictions, strict=True):
            prepared = _prepared(problem, settings, card)
            cell_of_data = problem.amplitudes.cell
            shape = _network_shape(cell_of_data, card, network)
            grid = _absolute_density(prepared, prediction, shape) / card.scales.density
            cell = torch.tensor([list(cell_of_data.parameters)], dtype=torch.float32)
            answers.append(tell_hand(network, torch.from_numpy(grid), cell, device))
        return answers

    def atoms(
        self,
        predictions: Sequence[Prediction],
        compositions: Sequence[Composition | None],
        settings: PredictionSettings,
    ) -> list[gemmi.Structure | None]:
        """The atoms in each density, in P1 and in its frame, for either hand.

        None if the density shows no atoms, or if there are no weights that find atoms.
        """
        finder = self._finder
        answers: list[gemmi.Structure | None] = []
        for prediction, composition in zip(predictions, compositions, strict=True):
            found = None if finder is None else find_atoms(prediction.density, finder, composition)
            if found is None or len(found) == 0:
                answers.append(None)
            else:
                answers.append(as_structure(found, prediction.density.cell))
        return answers

    @cached_property
    def _finder(self) -> Organic | None:
        """The network that finds atoms; None if there are no weights for it."""
        if not list_models(self._folders, "atoms"):
            return None
        return load_network(folders=self._folders)

    def _load(self, model: str) -> tuple[Network, ModelCard]:
        if model not in self._loaded:
            card = find_model(model, self._folders)
            self._loaded[model] = load_weights(card.weights)
        return self._loaded[model]


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def _prepared(problem: Problem, settings: PredictionSettings, card: ModelCard) -> _Prepared:
    """Expand the data to P1, cut them to the network's resolution, and scale |F| to electrons."""
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
        wanted = min(max(b, lowest - _B_SLACK), highest + _B_SLACK)
        f = f * scale * np.exp(-(wanted - b) / (4.0 * data.d**2))
        notes.append(
            f"The data were put on absolute scale by Wilson statistics (× {scale:.3g}, "
            f"B {b:.0f} Å²" + (f", brought to {wanted:.0f} Å²)." if wanted != b else ").")
        )
    return _Prepared(data, f.astype(np.float32), tuple(notes))


def _content(composition: Composition | None, settings: PredictionSettings) -> Composition:
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


def _network_shape(cell: gemmi.UnitCell, card: ModelCard, network: Network) -> Shape:
    """The grid that a cell would have in training; always fine enough for the reflections."""
    finest = card.data.d_min[0]
    spacing = min(card.data.spacing, 0.49 * finest)
    shape = grid_for(torch.tensor([cell.a, cell.b, cell.c]), spacing, network.multiple)
    network.check_grid(shape)
    return shape


def _measured(problems: Sequence[_Prepared], shape: Shape) -> Measured:
    laid_out = [_laid_out(problem, shape) for problem in problems]
    cells = [problem.data.cell for problem in problems]
    return Measured(
        moduli=torch.from_numpy(np.stack([moduli for moduli, _ in laid_out])),
        observed=torch.from_numpy(np.stack([observed for _, observed in laid_out])),
        cells=torch.tensor([list(cell.parameters) for cell in cells], dtype=torch.float32),
        volumes=torch.tensor([cell.volume for cell in cells], dtype=torch.float32),
    )


def _laid_out(prepared: _Prepared, shape: Shape) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
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


def _absolute_density(
    prepared: _Prepared, prediction: Prediction, shape: Shape
) -> NDArray[np.float32]:
    """(nu, nv, nw) e/Å³, the map of the measured amplitudes and the phases of `prediction`, to the
    network's resolution."""
    data = prepared.data
    index, found = match(prediction.amplitudes.hkl, data.hkl)
    phases = np.radians(prediction.phases_deg[index].astype(np.float64))
    terms = np.where(found, prepared.f_absolute * np.exp(1j * phases), 0.0)
    return map_from_terms(data.hkl, terms, data.cell, shape)


def _prediction(
    prepared: _Prepared,
    grid: NDArray[np.float32],
    card: ModelCard,
    settings: PredictionSettings,
    device: str,
) -> Prediction:
    """The network's density to the resolution of the data, and its agreement with them."""
    data = prepared.data
    hkl = unique_reflections(data.cell, p1(), data.d_min)
    terms = coefficients_from_map(grid, data.cell, hkl)
    shape = grid_shape(data.cell, data.d_min / 3.0, d_min=data.d_min)
    density = DensityMap(
        grid=map_from_terms(hkl, terms, data.cell, shape),
        cell=data.cell,
        spacegroup=p1(),
        kind=MapKind.PREDICTED,
        d_min=data.d_min,
        name="Predicted",
        absolute=True,
    )
    calculated = coefficients_from_map(grid, data.cell, data.hkl)
    fc, fo = np.abs(calculated).astype(np.float64), prepared.f_absolute.astype(np.float64)
    agreement = self_consistency(density, replace(data, f=prepared.f_absolute))
    return Prediction(
        density=density,
        amplitudes=data,
        phases_deg=(np.degrees(np.angle(calculated)) % 360.0).astype(np.float32),
        fom=sim_fom(fo, best_scale(fc, fo) * fc, data.d).astype(np.float32),
        r_factor=r_factor(fc, fo),
        self_consistency=agreement,
        solved=False,
        certain=False,
        verdict="Not judged: this is what the network says.",
        hand_determined=True,
        settings=settings,
        device=device,
        notes=prepared.notes,
        network=card.name,
    )
