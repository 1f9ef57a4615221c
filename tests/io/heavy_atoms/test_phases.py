"""Files of phases from heavy atoms."""

import json
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.crystal.differences.heavy_phases import DerivativeSites, Phased, PhasedHand
from patterson_gui.io.heavy_atoms.phases import write_phased

CELL, GROUP = gemmi.UnitCell(20, 24, 28, 90, 90, 90), gemmi.SpaceGroup("P 21 21 21")


def hand() -> PhasedHand:
    hkl = np.asarray(gemmi.make_miller_array(CELL, GROUP, 4.0), dtype=np.int32)
    n = len(hkl)
    phases = 0.5 * np.exp(1j * np.linspace(0, 3, n))
    sites = DerivativeSites("peak", "Se", ((0.1, 0.2, 0.3),), (1.0,))
    return PhasedHand(
        GROUP, CELL, hkl, np.full(n, 100.0), np.full(n, 2.0), phases, np.ones((n, 4)), (sites,),
        0.3, 0.5, 0.4, (0.2, 0.3),
    )  # fmt: skip


def test_both_hands_have_their_files_and_figures(tmp_path: Path) -> None:
    phased = Phased(hand(), hand(), True, "This hand is better.", 1.0)
    names = write_phased(tmp_path, phased)
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 7
    figures = json.loads((tmp_path / "phases.json").read_text())
    assert figures["best"]["derivatives"][0]["sites"][0]["x"] == 0.1


def test_amplitudes_and_phases_are_those_of_the_hand(tmp_path: Path) -> None:
    one = hand()
    write_phased(tmp_path, Phased(one, None, False, "", 1.0))
    mtz = gemmi.read_mtz_file(str(tmp_path / "phases.mtz"))
    order = {tuple(h): i for i, h in enumerate(one.hkl.tolist())}
    rows = [order[tuple(h)] for h in mtz.make_miller_array().tolist()]
    amplitude = mtz.column_with_label("FWT").array
    phase = np.radians(mtz.column_with_label("PHWT").array)
    np.testing.assert_allclose(
        amplitude * np.exp(1j * phase), (one.f * one.phases)[rows], rtol=1e-4, atol=1e-3
    )


def test_files_of_another_hand_do_not_stay_beside_new_phases(tmp_path: Path) -> None:
    phased = Phased(hand(), hand(), True, "", 1.0)
    write_phased(tmp_path, phased)
    write_phased(tmp_path, replace(phased, other=None))
    assert not list(tmp_path.glob("*other_hand*"))
