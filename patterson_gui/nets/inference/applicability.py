"""Check whether trained weights suit some data, and explain why not.

A network is reliable only for data like its training data: cells of a certain size, a certain
resolution, one molecule in P1. The card of the weights describes the training data; this module
compares the user's data with the card.
"""

from collections.abc import Sequence

from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.prediction import PredictionSettings
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.io.training.model_cards import ModelCard, SeenData
from patterson_gui.io.training.ranking import why_hopeless

_EDGE_SLACK = 0.03  # tolerance on cell edges, relative: half a grid point of a small cell
_ANGLE_SLACK = 1.5  # °
_CUT_SLACK = 0.02  # tolerance on the resolution limit, relative
_CROWDING_SLACK = 1.5  # factor on the volume per atom


def why_unsuitable(
    card: ModelCard,
    data: Amplitudes,
    composition: Composition | None,
    settings: PredictionSettings,
) -> str | None:
    """The reason why these weights do not suit these data, as the end of a sentence; None: they do.

    A space group other than P1 is a reason only if the user did not ask for a network by name.
    Expanded to P1, such a cell contains several molecules, and the networks were trained on one.
    A hopeless network is used only if the user names it.
    """
    n_atoms = settings.n_atoms or (composition.n_atoms if composition else None)
    asked = settings.method == "network" or settings.model is not None
    reason = _why_cell_unsuitable(card.data, data, n_atoms) or _why_data_unsuitable(
        card.data, data, settings
    )
    if reason is None and not data.absolute and n_atoms is None:
        reason = (
            "the content of the cell is not known, so that the data cannot be put on absolute scale"
        )
    if reason is None and not asked and data.spacegroup.number != 1:
        reason = f"it has not seen the symmetry {data.spacegroup.xhm()}"
    if reason is None and settings.model is None:
        reason = why_hopeless(card)
    return reason


def _why_cell_unsuitable(seen: SeenData, data: Amplitudes, n_atoms: int | None) -> str | None:
    edges = (data.cell.a, data.cell.b, data.cell.c)
    low, high = seen.cell_edges
    if min(edges) < low * (1 - _EDGE_SLACK) or max(edges) > high * (1 + _EDGE_SLACK):
        return (
            f"the cell's edges of {' × '.join(f'{e:.4g}' for e in edges)} Å lie outside the "
            f"{_range(low, high)} Å it has seen"
        )
    angles = (data.cell.alpha, data.cell.beta, data.cell.gamma)
    if seen.orthogonal and any(abs(angle - 90) > _ANGLE_SLACK for angle in angles):
        return "it has seen only cells with right angles"
    if n_atoms and seen.volume_per_atom is not None:
        room = data.cell.volume / n_atoms
        least, most = seen.volume_per_atom
        if not least / _CROWDING_SLACK <= room <= most * _CROWDING_SLACK:
            return (
                f"there are {room:.0f} Å³ to each atom, and it has seen {_range(least, most, 0)} Å³"
            )
    return None


def _why_data_unsuitable(
    seen: SeenData, data: Amplitudes, settings: PredictionSettings
) -> str | None:
    d_min = max(data.d_min, settings.d_min or 0.0)
    if d_min <= seen.d_min[1] * (1 + _CUT_SLACK):
        return None
    return (
        f"the data end at {d_min:.2f} Å, and it has seen nothing coarser than {seen.d_min[1]:.2f} Å"
    )


def refusal(cards: Sequence[ModelCard], reasons: Sequence[str]) -> str:
    """The sentence shown if no weights suit the data: why, what the weights cover, what to do."""
    if not cards:
        return (
            "There is no trained network here: predict by retrieval, or train one "
            "(patterson-gui train)."
        )
    told = "; ".join(
        f"'{card.name}' covers {covers(card)}, but {reason}"
        for card, reason in zip(cards, reasons, strict=True)
    )
    return (
        f"No trained network suits these data ({told}): predict by retrieval, or train one "
        "for such data (patterson-gui train)."
    )


def covers(card: ModelCard) -> str:
    """The range of data that weights were trained on, in words."""
    low, high = card.data.cell_edges
    fine, coarse = card.data.d_min
    return f"cells of {_range(low, high)} Å to {_range(fine, coarse)} Å resolution"


def _range(low: float, high: float, digits: int = 4) -> str:
    def number(value: float) -> str:
        return f"{value:.{digits}g}" if digits else f"{value:.0f}"

    return number(low) if number(low) == number(high) else f"{number(low)}–{number(high)}"
