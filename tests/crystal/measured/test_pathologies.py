"""Pseudo-translation and twinning, on structures that were made with and without them."""

import gemmi
import numpy as np

from patterson_gui.crystal.measured.pathologies import pathologies
from patterson_gui.crystal.reciprocal.reflections import Amplitudes

CELL = gemmi.UnitCell(60, 60, 80, 90, 90, 90)
GROUP = gemmi.SpaceGroup("P 4")
RANDOM = np.random.default_rng(1)
ATOMS = RANDOM.random((150, 3)) * [0.5, 0.5, 0.5]


def amplitudes(atoms: np.ndarray, d_min: float = 4.2, twin: float = 0.0) -> Amplitudes:
    """Of carbon atoms under the axis of P4, with the domain k h −l of a twin."""
    hkl = np.array(gemmi.make_miller_array(CELL, GROUP, d_min), dtype=np.int32)
    images = np.concatenate(
        [np.array([op.apply_to_xyz(x) for x in atoms.tolist()]) for op in GROUP.operations()]
    )

    def intensity(index: np.ndarray) -> np.ndarray:
        return np.abs(np.exp(2j * np.pi * (index @ images.T)).sum(axis=1)) ** 2

    value = (1.0 - twin) * intensity(hkl) + twin * intensity(hkl[:, [1, 0, 2]] * [1, 1, -1])
    f = np.sqrt(value).astype(np.float32)
    return Amplitudes(hkl, f, CELL, GROUP, sigma=(0.02 * f + 0.1).astype(np.float32))


def test_nothing_is_suspicious_in_an_ordinary_crystal():
    found = pathologies(amplitudes(ATOMS))
    assert found.coarse
    assert not found.has_pseudo_translation
    assert list(found.notes()) == []


def test_finds_a_pseudo_translation():
    moved = ATOMS + np.array([0.0, 0.0, 0.5]) + RANDOM.normal(0, 0.004, ATOMS.shape)
    found = pathologies(amplitudes(np.concatenate([ATOMS, moved])))
    assert found.peak is not None
    assert found.has_pseudo_translation
    np.testing.assert_allclose(found.peak.at, (0.0, 0.0, 0.5), atol=0.03)
    (note,) = found.notes()
    assert "pseudo-translation" in note


def test_finds_a_twin():
    found = pathologies(amplitudes(ATOMS, twin=0.4))
    assert found.pairs.mean_abs_l < 0.46
    assert any("is a twin" in note for note in found.notes())
