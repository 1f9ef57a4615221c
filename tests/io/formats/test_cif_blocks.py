"""Cell, space group and columns of CIF blocks in both dialects."""

import math

import gemmi
import numpy as np
import pytest
from gemmi import cif

from patterson_gui.io.formats.cif_blocks import (
    cell_of,
    column,
    numbers,
    parse_cif,
    spacegroup_of,
    text_value,
)

MONOCLINIC = gemmi.UnitCell(8, 9, 10, 90, 100, 90)


def block_of(text: str) -> cif.Block:
    return parse_cif(f"data_x\n{text}\n", "a.cif").sole_block()


@pytest.mark.parametrize("joint", ["_", "."])
def test_reads_a_cell_with_uncertainties_and_takes_missing_angles_as_90(joint: str):
    text = "\n".join(
        f"_cell{joint}{item} {value}"
        for item, value in (
            ("length_a", "8.1(2)"), ("length_b", "9.2"), ("length_c", "10.30(10)"),
            ("angle_alpha", "?"), ("angle_beta", "101.5(1)"),
        )
    )  # fmt: skip
    cell = cell_of(block_of(text))
    assert cell.parameters == pytest.approx((8.1, 9.2, 10.3, 90, 101.5, 90))
    assert cell_of(block_of(text.replace("9.2", "?"))) is None


def test_reads_columns_of_both_dialects():
    block = block_of("loop_\n_refln.F_meas\n_refln.other\n1.5(3) a\n? b\n. c\n2e1 d\n")
    values = column(block, "_refln", "F_meas")
    assert np.array_equal(numbers(values), [1.5, math.nan, math.nan, 20.0], equal_nan=True)
    assert column(block_of("loop_\n_refln_F_meas\n1\n2\n"), "_refln", "F_meas") is not None
    assert column(block, "_refln", "F_calc") is None


def test_takes_the_first_tag_that_has_a_value():
    block = block_of("_a ?\n_b .\n_c ' text '\n_d other\n")
    assert text_value(block, "_a", "_b", "_missing", "_c", "_d") == "text"
    assert text_value(block, "_a", "_b") == ""


SYMOPS = "loop_\n{}\nx,y,z\n'-x, y+1/2, -z+1/2'\n-x,-y,-z\n'x, -y+1/2, z+1/2'\n"


@pytest.mark.parametrize(
    "text",
    [
        SYMOPS.format("_space_group_symop_operation_xyz"),
        SYMOPS.format("_space_group_symop.operation_xyz"),
        SYMOPS.format("_symmetry_equiv_pos_as_xyz"),
        SYMOPS.format("_symmetry_equiv.pos_as_xyz"),
        *(f"{tag} '-P 2ybc'" for tag in (
            "_space_group_name_Hall", "_symmetry_space_group_name_Hall",
            "_space_group.name_Hall", "_symmetry.space_group_name_Hall",
        )),
        *(f"{tag} 'P 21/c'" for tag in (
            "_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M",
            "_space_group.name_H-M_alt", "_symmetry.space_group_name_H-M",
        )),
        *(f"{tag} 14" for tag in (
            "_space_group_IT_number", "_symmetry_Int_Tables_number",
            "_space_group.IT_number", "_symmetry.Int_Tables_number",
        )),
    ],
)  # fmt: skip
def test_finds_the_space_group_under_every_tag(text: str):
    assert spacegroup_of(block_of(text), MONOCLINIC).xhm() == "P 1 21/c 1"


def test_prefers_operations_to_hall_symbol_to_name_to_number():
    texts = [
        SYMOPS.format("_space_group_symop_operation_xyz"),
        "_space_group_name_Hall 'P 2yb'",
        "_space_group_name_H-M_alt 'C 2'",
        "_space_group_IT_number 3",
    ]
    groups = ["P 1 21/c 1", "P 1 21 1", "C 1 2 1", "P 1 2 1"]
    for i, expected in enumerate(groups):
        assert spacegroup_of(block_of("\n".join(texts[i:])), MONOCLINIC).xhm() == expected
    assert spacegroup_of(block_of(""), MONOCLINIC) is None


def test_a_list_of_the_identity_alone_does_not_outweigh_a_name():
    identity = "loop_\n_space_group_symop_operation_xyz\nx,y,z\n"
    named = block_of(f"_space_group_name_H-M_alt 'P 21'\n{identity}")
    assert spacegroup_of(named, MONOCLINIC).xhm() == "P 1 21 1"
    assert spacegroup_of(block_of(identity), MONOCLINIC).xhm() == "P 1"


def test_passes_over_misspelt_symbols_and_operations():
    text = (
        "loop_\n_space_group_symop_operation_xyz\nnonsense\n"
        "_space_group_name_Hall 'nonsense'\n_space_group_name_H-M_alt '?'\n"
        "_symmetry_space_group_name_H-M 'P nonsense'\n_space_group_IT_number {}\n"
    )
    assert spacegroup_of(block_of(text.format(4)), MONOCLINIC).xhm() == "P 1 21 1"
    for number, name in (
        (1, "P 1"),
        (195, "P 2 3"),
        (230, None),
        (0, None),
        (231, None),
        ("?", None),
    ):
        group = spacegroup_of(block_of(text.format(number)), None)
        assert (group and group.xhm()) == name
