"""The table of defaults for each kind of problem, and those who read it."""

from typing import get_args

from patterson_gui.crystal.materials import cube
from patterson_gui.crystal.problem_kinds import CRYSTAL_KINDS, PROTEIN_KINDS
from patterson_gui.io.datasets import proteins
from patterson_gui.io.datasets.crystals import MaterialDataSetSettings


def test_the_table_has_the_kinds_that_data_sets_have() -> None:
    assert tuple(PROTEIN_KINDS) == get_args(proteins.ProteinKindName)
    assert tuple(CRYSTAL_KINDS) == cube.SAMPLE_KINDS


def test_cells_and_lengths_are_those_of_the_paper() -> None:
    """Pan et al., IUCrJ 10, 487 (2023): dialanines in 20 Å (1a) and 10 Å (1b), pairs in 12 Å."""
    edges = {name: kind.cell_edge for name, kind in PROTEIN_KINDS.items()}
    assert edges == {"dialanine": 20.0, "dipeptide": 12.0, "fragment": None}
    assert [kind.lengths for kind in PROTEIN_KINDS.values()] == [(2, 2), (2, 2), (2, 15)]
    assert [kind.cell_text for kind in PROTEIN_KINDS.values()] == ["20", "12", "auto"]
    assert [kind.fixed_length for kind in PROTEIN_KINDS.values()] == [True, True, False]
    assert {name: (preset.kind, preset.cell) for name, preset in proteins.PRESETS.items()} == {
        "1a": ("dialanine", proteins.cube(20.0)),
        "1b": ("dialanine", proteins.cube(10.0)),
        "2": ("dipeptide", proteins.cube(12.0)),
    }


def test_data_sets_of_crystals_take_their_windows_from_the_table() -> None:
    assert MaterialDataSetSettings(kind="crystal").windows == 1
    assert MaterialDataSetSettings(kind="lattice").windows == 3
