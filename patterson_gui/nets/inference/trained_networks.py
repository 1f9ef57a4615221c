"""Predict densities with trained networks, through the interface that the pipeline uses.

The data are first made similar to the training data where possible: expanded to P1, cut at the
network's resolution limit, put on absolute scale by Wilson statistics (`prepare_data`). The result
is the network's own density, to that limit and in the fixed frame of its training. It is not
aligned, and the measured amplitudes are not put back.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
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
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.figures_of_merit import sim_fom
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map, map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.scaling import best_scale, r_factor
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.io.training.network_folders import find_model, list_models
from patterson_gui.io.training.ranking import preference, why_hopeless
from patterson_gui.nets.architectures.organic import Organic
from patterson_gui.nets.architectures.registry import Network, Scales, names
from patterson_gui.nets.architectures.weights import load_weights
from patterson_gui.nets.inference.applicability import covers, refusal, why_unsuitable
from patterson_gui.nets.inference.batches import infer, tell_hand
from patterson_gui.nets.inference.prepare_data import (
    PreparedData,
    map_with_phases,
    network_grid,
    prepare,
    stack_data,
)
from patterson_gui.nets.inference.segment_atoms import as_structure, find_atoms, load_network


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
        reasons = [
            _why_not_built(card) or why_unsuitable(card, amplitudes, composition, settings)
            for card in cards
        ]
        fitting = [card for card, reason in zip(cards, reasons, strict=True) if reason is None]
        if not fitting:
            return Applicability(None, refusal(cards, [reason or "" for reason in reasons]))
        n_atoms = settings.n_atoms or (composition.n_atoms if composition else None)
        best = min(fitting, key=lambda card: preference(card, amplitudes, n_atoms))
        name = settings.model if settings.model is not None else best.name
        hopeless = why_hopeless(best)
        warning = f"Expect nothing of the network '{best.name}': {hopeless}." if hopeless else ""
        return Applicability(name, f"The network '{best.name}' covers {covers(best)}.", warning)

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
        prepared = [prepare(problem, settings, card) for problem in problems]
        answers: list[Prediction | None] = [None] * len(prepared)
        shapes = [network_grid(p.data.cell, card, network) for p in prepared]
        for shape in dict.fromkeys(shapes):
            places = [i for i, other in enumerate(shapes) if other == shape]
            mine = [prepared[i] for i in places]

            def done(fraction: float) -> None:
                report(Progress(fraction, f"network {card.name}"))

            outcome = infer(
                network,
                Scales(patterson=card.scales.patterson, density=card.scales.density),
                stack_data(mine, shape),
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
            prepared = prepare(problem, settings, card)
            cell_of_data = problem.amplitudes.cell
            shape = network_grid(cell_of_data, card, network)
            grid = map_with_phases(prepared, prediction, shape) / card.scales.density
            cell = torch.tensor([list(cell_of_data.parameters)], dtype=torch.float32)
            answers.append(tell_hand(network, torch.from_numpy(grid), cell, device))
        return answers

    def atoms(
        self,
        predictions: Sequence[Prediction],
        compositions: Sequence[Composition | None],
        settings: PredictionSettings,
        cancelled: Callable[[], bool],
    ) -> list[gemmi.Structure | None]:
        """The atoms in each density, in P1 and in its frame, for either hand.

        None if the density shows no atoms, or if there are no weights that find atoms.
        """
        finder = self._finder
        answers: list[gemmi.Structure | None] = []
        for prediction, composition in zip(predictions, compositions, strict=True):
            if finder is None:
                answers.append(None)
                continue
            found = find_atoms(prediction.density, finder, composition, cancelled)
            if len(found) == 0:
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


def _why_not_built(card: ModelCard) -> str | None:
    """Why there is no such network here, as of a package that was removed; None: there is."""
    return None if card.network in names() else f"its architecture {card.network} is not installed"


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def _prediction(
    prepared: PreparedData,
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
