import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.comparison.atom_agreement import AtomAgreement
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import (
    BuiltAtoms,
    Prediction,
    PredictionSettings,
    Problem,
)
from patterson_gui.errors import UserError
from patterson_gui.io.report.figures import figures
from patterson_gui.solvers import evaluate as evaluation
from patterson_gui.solvers.evaluate import EvaluatedCase, evaluate, summary
from patterson_gui.solvers.sampling import Recipe, Sampler, models_in
from tests.io.small_proteins import write_protein
from tests.reachable import reachable, truths_in

# One alanine, N CA C O CB, Å; copies 3.8 Å apart along x make a chain whose C–N is 1.4 Å.
_ALANINE = {
    "N": (0.00, 0.00, 0.00),
    "CA": (1.05, 1.00, 0.20),
    "C": (2.40, 0.35, 0.10),
    "O": (2.75, -0.55, 0.85),
    "CB": (0.90, 1.95, 1.40),
}


def alanines(n: int) -> gemmi.Structure:
    structure = gemmi.Structure()
    structure.cell = gemmi.UnitCell(60, 30, 30, 90, 90, 90)
    structure.spacegroup_hm = "P 1"
    model, chain = gemmi.Model(1), gemmi.Chain("A")
    for i in range(n):
        residue = gemmi.Residue()
        residue.name, residue.seqid = "ALA", gemmi.SeqId(str(i + 1))
        for name, (x, y, z) in _ALANINE.items():
            atom = gemmi.Atom()
            atom.name, atom.element = name, gemmi.Element(name[0])
            atom.pos = gemmi.Position(x + 3.8 * i, y + 0.1 * i, z - 0.07 * i)
            residue.add_atom(atom)
        chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    return structure


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models")
    for name, n in (("1abc", 6), ("2abc", 5), ("3abc", 1)):
        alanines(n).write_pdb(str(path / f"{name}.pdb"))
    (path / "notes.txt").write_text("not a model")
    (path / "broken.pdb").write_text("rubbish")
    return path


@pytest.fixture(scope="module")
def cases(folder: Path) -> list[EvaluatedCase]:
    sampler = Sampler(models_in(folder), Recipe(2, 12.0, 1.5), seed=0)
    return evaluate(sampler, 4, PredictionSettings(method="retrieval", atoms=False, seed=3))


def test_models_are_found_by_their_names(folder: Path) -> None:
    assert [p.name for p in models_in(folder)] == ["1abc.pdb", "2abc.pdb", "3abc.pdb", "broken.pdb"]


def test_a_table_restricts_the_models_to_a_split(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "splits.tsv"
    with table.open("w", newline="") as lines:
        csv.writer(lines, delimiter="\t").writerows(
            [["entry", "split"], ["1abc", "train"], ["2abc", "test"]]
        )
    assert [p.name for p in models_in(folder, table, "test")] == ["2abc.pdb"]


def test_reports_a_folder_without_models(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no model"):
        models_in(tmp_path)
    with pytest.raises(UserError, match="not a folder"):
        models_in(tmp_path / "missing")


def test_the_same_seed_draws_the_same_problems(folder: Path) -> None:
    def names(seed: int) -> list[str]:
        sampler = Sampler(models_in(folder), Recipe(2, 12.0, 2.0), seed)
        return [crystal.name for crystal in sampler.draw(4)]

    assert names(5) == names(5)
    assert names(5) != names(6)


def test_draws_no_problem_twice_and_counts_rejected_ones(folder: Path) -> None:
    sampler = Sampler(models_in(folder), Recipe(2, 12.0, 2.5), seed=0)
    names = [crystal.name for crystal in sampler.draw(50)]
    # 5 windows in the chain of six, 4 in the chain of five, none elsewhere.
    assert len(names) == len(set(names)) == 9
    assert sampler.rejected["model not readable"] > 0
    assert sampler.rejected["no run of bonded residues long enough"] > 0


def test_draws_dialanines_without_atoms_beyond_cb(tmp_path: Path) -> None:
    write_protein(tmp_path / "1abc.pdb", "SER GLY TRP LYS")
    drawn = {
        kind: {
            crystal.name: crystal.composition.n_atoms
            for crystal in Sampler(models_in(tmp_path), Recipe(2, 20.0, 3.0, kind), 0).draw(3)
        }
        for kind in ("dialanine", "dipeptide")
    }
    # Serine has 6 atoms, glycine 4, tryptophan 14, lysine 9; an alanine 5.
    assert sorted(drawn["dialanine"].values()) == [9, 9, 10]
    assert sorted(drawn["dipeptide"].values()) == [10, 18, 23]
    assert set(drawn["dialanine"]) == set(drawn["dipeptide"])


def test_fragments_too_large_for_the_cube_are_rejected_by_reason(folder: Path) -> None:
    sampler = Sampler(models_in(folder), Recipe(4, 12.0, 2.0), seed=0)
    assert list(sampler.draw(2)) == []
    assert sampler.rejected["too large for the cell"] > 0


def test_dipeptides_are_solved_and_summed_up(cases: list[EvaluatedCase]) -> None:
    sums = summary(cases)
    assert sums["n"] == 4
    assert sums["aligned"]["median_r"] > 0.985
    assert sums["aligned"]["solved_fraction"] == 1.0
    assert 0 < sums["mean_phase_error_deg"] < 20
    assert sums["aligned"]["phase_error_deg_90th_percentile"] < 25
    assert 0 < sums["median_R"] < 0.1
    assert sums["seconds_per_case"] > 0
    json.dumps(sums)


def test_summary_figures_are_those_of_the_rows(cases: list[EvaluatedCase]) -> None:
    rows, sums = [case.row() for case in cases], summary(cases)
    assert sums["aligned"]["median_r"] == pytest.approx(
        np.median([row["aligned"]["r"] for row in rows]), abs=1e-4
    )
    assert sums["fixed"]["median_r"] == pytest.approx(
        np.median([row["fixed"]["r"] for row in rows]), abs=1e-4
    )


@pytest.mark.parametrize("segment", [False, True])
def test_an_evaluation_never_passes_the_truth_to_the_predictor(
    folder: Path, cases: list[EvaluatedCase], monkeypatch: pytest.MonkeyPatch, segment: bool
) -> None:
    handed: list[object] = []

    def spy(problems: list[Problem], *others: object, **options: object) -> list[Prediction]:
        handed.extend([problems, others, options])
        return [case.prediction for case in cases[: len(problems)]]

    monkeypatch.setattr(evaluation, "predict_many", spy)
    sampler = Sampler(models_in(folder), Recipe(2, 12.0, 1.5), seed=0)
    settings = PredictionSettings(method="retrieval", atoms=False, seed=3)
    evaluated = evaluate(sampler, 2, settings, segment=segment)
    assert any(thing is evaluated[0].crystal.amplitudes for thing in reachable(handed))
    assert not truths_in(handed)


def test_other_atoms_with_the_same_amplitudes_give_the_same_predictions(
    folder: Path, cases: list[EvaluatedCase]
) -> None:
    """The truth of each problem is replaced: figures change, predictions do not."""

    class WrongTruth(Sampler):
        def draw(self, n: int) -> Iterator[Crystal]:
            for crystal in super().draw(n):
                wrong = crystal.model.clone()
                for site in wrong[0].all():
                    x, y, z = site.atom.pos.tolist()
                    site.atom.pos = gemmi.Position(z, x, y)
                yield replace(crystal, model=wrong, truth=None)

    sampler = WrongTruth(models_in(folder), Recipe(2, 12.0, 1.5), seed=0)
    blind = evaluate(sampler, 4, PredictionSettings(method="retrieval", atoms=False, seed=3))
    for case, other in zip(cases, blind, strict=True):
        np.testing.assert_array_equal(case.prediction.density.grid, other.prediction.density.grid)
        assert other.comparison.aligned.r < 0.8


def test_the_phase_error_grows_towards_the_resolution_limit(cases: list[EvaluatedCase]) -> None:
    shells = summary(cases)["shells"]
    assert shells[0]["d_max"] > shells[-1]["d_min"]
    assert shells[-1]["mean_phase_error_deg"] > shells[0]["mean_phase_error_deg"]


def test_every_case_has_its_own_seed(cases: list[EvaluatedCase]) -> None:
    assert sorted(case.prediction.settings.seed for case in cases) == [3, 4, 5, 6]


def test_the_summary_of_no_cases_is_empty() -> None:
    assert summary([]) == {"n": 0}


def test_the_hand_is_compared_only_if_the_method_determined_it(cases: list[EvaluatedCase]) -> None:
    def with_known_hand(case: EvaluatedCase, inverted: bool) -> EvaluatedCase:
        return replace(
            case,
            prediction=replace(case.prediction, hand_determined=True),
            comparison=replace(case.comparison, inverted=inverted),
        )

    fixed = summary([with_known_hand(case, i == 0) for i, case in enumerate(cases)])["fixed"]
    assert fixed["hand_right_fraction"] == 0.75
    assert fixed["hand_determined_fraction"] == 1.0
    none = summary(cases)["fixed"]
    assert none["hand_right_fraction"] is None
    assert none["hand_determined_fraction"] == 0.0


def test_sums_atoms_over_all_true_atoms(cases: list[EvaluatedCase]) -> None:
    perfect = AtomAgreement(10, 10, 1.0, 1.0, 1.0, 1.0, 0.01, 1.0)
    poor = AtomAgreement(20, 10, 0.1, 0.25, 0.2, 0.5, 0.3, 0.6)
    judged = [
        replace(
            case, atoms=atoms, atoms_fixed=poor, prediction=replace(case.prediction, built=built)
        )
        for case, atoms, built in zip(
            cases[:2],
            (perfect, poor),
            (BuiltAtoms(10, 10, 0.01, ""), BuiltAtoms(10, 20, 0.03, "")),
            strict=True,
        )
    ]
    atoms = summary(judged)["atoms"]
    assert atoms["recall_0_1"] == pytest.approx((10 + 2) / 30)
    assert atoms["recall_0_5"] == pytest.approx((10 + 5) / 30)
    assert atoms["precision_0_5"] == pytest.approx((10 + 5) / 20)
    assert atoms["rmsd"] == pytest.approx(np.sqrt((10 * 0.01**2 + 5 * 0.3**2) / 15), abs=1e-4)
    assert atoms["element_accuracy"] == pytest.approx((10 + 3) / 15, abs=1e-4)
    assert atoms["median_R1"] == pytest.approx(0.02)
    assert atoms["fixed"]["recall_0_5"] == pytest.approx(0.25)
    assert summary(cases)["atoms"] is None
    # Where nothing was built, all atoms were missed.
    missed = summary([judged[0], cases[1]])["atoms"]
    assert missed["recall_0_5"] == pytest.approx(0.5)
    missed = summary([judged[0], cases[1]])["atoms"]
    assert missed["recall_0_5"] == pytest.approx(0.5)


def test_rows_have_the_names_of_a_single_prediction(cases: list[EvaluatedCase]) -> None:
    row = cases[0].row()
    single = figures(cases[0].crystal, cases[0].prediction, cases[0].comparison)
    assert set(row) == set(single)
    assert set(single["fixed"]) - set(row["fixed"]) == {"shells"}
    assert row["aligned"]["mean_phase_error_deg"] == single["aligned"]["mean_phase_error_deg"]


def test_compares_the_central_cube_on_request(folder: Path) -> None:
    sampler = Sampler(models_in(folder), Recipe(2, 14.0, 2.0), seed=0)
    cases = evaluate(sampler, 2, PredictionSettings(method="retrieval"), central_edge=6.0)
    assert summary(cases)["fixed"]["median_r_central"] == pytest.approx(
        np.median([case.row()["fixed"]["r_central"] for case in cases]), abs=1e-4
    )


def test_the_share_of_cases_with_the_right_number_of_atoms_is_counted(
    cases: list[EvaluatedCase],
) -> None:
    numbers = [(5, 5), (5, 4), (7, 7), (6, 6)]
    found = [AtomAgreement(n, built, 0.0, 0.0, 0.0, 0.0, None, None) for n, built in numbers]
    counted = [
        replace(case, atoms=agreement, atoms_fixed=agreement)
        for case, agreement in zip(cases, found, strict=True)
    ]
    assert summary(counted)["atoms"]["right_number_fraction"] == 0.75
