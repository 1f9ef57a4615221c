"""Phased hands as predictions, which the views, the list and the files know."""

import math
from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.app.history.predictions import KeptPrediction
from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.differences.heavy_phases import Phased, PhasedHand
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.prediction import (
    HEAVY_ATOMS,
    HandEvidence,
    Prediction,
    PredictionSettings,
)
from patterson_gui.crystal.reciprocal.reflections import Amplitudes, Coefficients
from patterson_gui.crystal.symmetry_images import symmetry_images
from patterson_gui.io.heavy_atoms.phases import density_of_hand
from patterson_gui.io.heavy_atoms.sites import atoms_structure


@dataclass(frozen=True, eq=False)
class HandsPair:
    """The other hand beside the one that is shown, each on the origin of its own sites.

    Attributes
    ----------
    shown, other : the two kept predictions; nothing is moved.
    sentence : which is better, and why.
    """

    shown: KeptPrediction
    other: KeptPrediction
    sentence: str

    @property
    def density(self) -> DensityMap:
        """The map of the other hand."""
        return self.other.prediction.density

    @property
    def title(self) -> str:
        """The name of the other hand."""
        return self.other.name


def sites_of(hand: PhasedHand) -> list[tuple[str, tuple[float, float, float], float]]:
    """Element, position and occupancy of each heavy atom of a hand."""
    return [
        (each.element, frac, occupancy)
        for each in hand.derivatives
        for frac, occupancy in zip(each.frac, each.occupancy, strict=True)
    ]


def prediction_of(phased: Phased, hand: PhasedHand) -> Prediction:
    """The density, the phases and the heavy atoms of a hand, in P1 and on the origin of its sites.

    R is NaN: there is no structure to calculate it from. It is called solved where the anomalous
    differences tell that this hand is the better one, and the map agrees well with the amplitudes.
    """
    best = hand is phased.best
    data = Amplitudes(
        hand.hkl, hand.f.astype(np.float32), hand.cell, hand.spacegroup,
        sigma=hand.sigma.astype(np.float32), absolute=False,
    ).expand_to_p1()  # fmt: skip
    terms = Coefficients(
        hand.hkl, hand.phases.astype(np.complex64), hand.cell, hand.spacegroup
    ).expand_to_p1()
    density = density_of_hand(hand)
    other = phased.other if best else phased.best
    evidence = None
    if phased.hand_known and best and other is not None:
        evidence = HandEvidence(hand.agreement, other.agreement, "density modification")
    return Prediction(
        density=replace(density, kind=MapKind.PREDICTED, spacegroup=p1(), name="Phased density"),
        amplitudes=data,
        phases_deg=(np.degrees(np.angle(terms.f)) % 360.0).astype(np.float32),
        fom=np.abs(terms.f).astype(np.float32),
        r_factor=math.nan,
        self_consistency=hand.agreement,
        solved=phased.hand_known and best and hand.readable,
        verdict=_verdict(phased, hand),
        hand_determined=phased.hand_known and best,
        settings=PredictionSettings(method=HEAVY_ATOMS),
        seconds=phased.seconds,
        notes=_notes(phased, hand),
        model=_whole_cell(hand),
        hand=evidence,
    )


def hand_names(phased: Phased, number: int) -> tuple[str, str]:
    """Names of both hands for the list of predictions."""
    if phased.other is None:
        return f"Phases {number}", ""
    first = "better hand" if phased.hand_known else "first hand"
    return f"Phases {number}, {first}", f"Phases {number}, other hand"


def _verdict(phased: Phased, hand: PhasedHand) -> str:
    counts = ", ".join(f"{len(each.frac)} {each.element}" for each in hand.derivatives)
    words = f"Phased from {counts} in {hand.spacegroup.xhm()}"
    if phased.other is None:
        return f"{words}; the hand is open."
    if not phased.hand_known:
        return f"{words}; the hands do not differ clearly."
    if hand is not phased.best:
        return f"{words}; the worse hand."
    but = "" if hand.readable else ", but the map is weak"
    return f"{words}; this is the better hand{but}."


def _notes(phased: Phased, hand: PhasedHand) -> tuple[str, ...]:
    figures = (
        f"Figure of merit {hand.fom_heavy:.2f} from the heavy atoms, {hand.fom:.2f} after density "
        f"modification; contrast of protein and solvent {hand.contrast:.2f}."
    )
    reason = () if phased.hand_known and hand is not phased.best else (phased.reason,)
    return (figures, *reason, *phased.notes)


def _whole_cell(hand: PhasedHand) -> gemmi.Structure:
    """The heavy atoms of the whole cell in P1; those on special positions once."""
    operations = hand.spacegroup.operations()
    rows = []
    for element, frac, occupancy in sites_of(hand):
        images = symmetry_images(np.array(frac)[None], operations).reshape(-1, 3) % 1.0
        for image in _distinct(images):
            x, y, z = (float(value) for value in image)
            rows.append((element, (x, y, z), occupancy))
    return atoms_structure(hand.cell, p1(), rows)


def _distinct(images: NDArray[np.float64]) -> NDArray[np.float64]:
    kept: list[NDArray[np.float64]] = []
    for image in images:
        apart = [image - other for other in kept]
        if all(np.abs(step - np.round(step)).max() > 1e-3 for step in apart):
            kept.append(image)
    return np.array(kept)
