"""`evaluate` on proteins."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]


def test_evaluate_writes_figures_and_a_row_for_every_case(
    call: Call, model: Path, tmp_path: Path
) -> None:
    report = tmp_path / "new folder" / "R.json"
    answer = call(
        "evaluate", model.parent, "--kind", "fragment", "--length", 2, "--cell", 12,
        "--n", 5, "--json", report,
    )  # fmt: skip
    assert answer.code == 0
    figures = json.loads(report.read_text())
    assert figures["n"] == len(figures["cases"]) == 2
    assert "Only 2 of the 5" in answer.err
    assert figures["aligned"]["solved_fraction"] == 1.0


def test_evaluate_writes_plots_for_a_network(
    call: Call, model: Path, tmp_path: Path, own_network: str
) -> None:
    answer = call(
        "evaluate", model.parent, "--kind", "dipeptide", "--n", 2, "--method", "network",
        "--model", own_network, "--plots", tmp_path / "plots", "--json", tmp_path / "R.json",
    )  # fmt: skip
    assert answer.code == 0
    figures = json.loads((tmp_path / "R.json").read_text())
    assert figures["networks"] == [own_network]
    assert figures["mean_starts"] == 0
    assert figures["fixed"]["hand_right_fraction"] is not None
    assert own_network in answer.out
    assert "cases below 60°" in answer.out
    assert len(list((tmp_path / "plots").glob("*.svg"))) == 2


def test_evaluate_reports_atoms_and_hand_of_dialanines(
    call: Call, model: Path, tmp_path: Path
) -> None:
    answer = call(
        "evaluate", model.parent, "--kind", "dialanine", "--cell", 14, "--n", 2,
        "--method", "hybrid", "--atoms", "--json", tmp_path / "R.json",
    )  # fmt: skip
    assert answer.code == 0
    figures = json.loads((tmp_path / "R.json").read_text())
    assert {row["n_atoms"] for row in figures["cases"]} == {9, 10}  # Gly-Ala, Ala-Ser cut to Ala
    assert figures["atoms"]["recall_0_1"] == 1.0
    assert figures["fixed"]["median_r_central"] > 0.9
    assert figures["fixed"]["hand_determined_fraction"] == 1.0
    assert "atoms: within 0.1 Å" in answer.out
    assert "central 6 Å" in answer.out


def test_evaluate_leaves_no_folder_behind_when_it_fails(
    call: Call, model: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    words = ("--json", new / "R.json", "--plots", tmp_path / "plots", "--length", 5)
    assert call("evaluate", model.parent, *words).code == 1
    assert not new.exists()
    assert not (tmp_path / "plots").exists()
