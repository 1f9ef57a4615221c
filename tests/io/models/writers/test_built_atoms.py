from dataclasses import replace
from pathlib import Path

import pytest

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import BuiltAtoms, HandEvidence, Prediction
from patterson_gui.errors import UserError
from patterson_gui.io.models.writers.built_atoms import built_remarks, write_built_model
from patterson_gui.io.opening.models import count_atoms, read_model


@pytest.fixture
def built(prediction: Prediction, fragment: Crystal) -> Prediction:
    return replace(
        prediction,
        model=fragment.model,
        built=BuiltAtoms(9, 10, 0.0213, "Most atoms are there."),
        hand=HandEvidence(0.91, 0.62, "14 × Cα, a template"),
        hand_determined=True,
    )


def test_remarks_say_that_the_atoms_come_from_amplitudes_alone_and_give_r(
    tmp_path: Path, built: Prediction
):
    for name in ("atoms.pdb", "atoms.cif"):
        write_built_model(tmp_path / name, built)
        words = " ".join((tmp_path / name).read_text(encoding="utf-8").split())
        words = words.replace("REMARK 3 ", "")
        assert "Built by patterson_gui" in words
        assert "from amplitudes |F| alone" in words
        assert "9 atoms of 10 expected; R1 0.0213" in words
        assert words.isascii()  # as both formats want it
        assert "expected; R1 0.0213 over" in words
        assert "P 1 cell to 2.00 A." in words
        assert "hand was determined from 14 x Calpha, a template: 0.91 against 0.62" in words
        back = read_model(tmp_path / name)
        assert count_atoms(back) == 9
        assert back.cell.approx(built.density.cell, 1e-3)


def test_remarks_say_that_the_hand_is_undetermined(built: Prediction):
    remarks = built_remarks(replace(built, hand=None, hand_determined=False))
    assert "hand is not determined" in remarks[-1]


def test_writes_nothing_without_built_atoms(tmp_path: Path, prediction: Prediction):
    with pytest.raises(UserError, match="no built atoms"):
        write_built_model(tmp_path / "atoms.pdb", prediction)
    assert not list(tmp_path.iterdir())
