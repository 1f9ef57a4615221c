"""Which data sets of a file are compared, and the differences of real derivatives."""

import shutil
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.errors import UserError
from patterson_gui.io.opening.differences import read_differences
from tests.io.opening.test_friedel_pairs import CENTRIC, MINUS, PLUS, SIGMA, amplitude_pairs, mtz

NATIVE = PLUS * np.random.default_rng(8).uniform(0.8, 1.2, len(PLUS))


def columns(label: str, values: np.ndarray) -> list[tuple[str, str, np.ndarray]]:
    return [(label, "F", values), (f"SIG{label}", "Q", SIGMA)]


def test_anomalous_differences_of_the_only_data_set(tmp_path: Path):
    read = read_differences(amplitude_pairs(tmp_path), "anomalous")
    assert len(read.differences) == np.count_nonzero(~CENTRIC)
    assert read.scaled is None
    assert read.differences.label == "F(+) of a.mtz"


def test_the_native_is_known_by_its_name(tmp_path: Path):
    path = mtz(tmp_path / "a.mtz", [*columns("FPHG", PLUS), *columns("FNAT", NATIVE)])
    read = read_differences(path, "isomorphous")
    assert read.differences.label == "FPHG of a.mtz − FNAT of a.mtz"
    assert "FNAT is taken as the native, by its name." in read.notes
    other = read_differences(path, "isomorphous", native="FPHG", derivative="FNAT")
    assert other.differences.label == "FNAT of a.mtz − FPHG of a.mtz"


def test_the_native_is_read_from_another_file(tmp_path: Path):
    native = mtz(tmp_path / "n.mtz", columns("FP", NATIVE))
    read = read_differences(amplitude_pairs(tmp_path), "isomorphous", native_file=native)
    assert read.differences.label == "F(+) of a.mtz − FP of n.mtz"
    assert read.scaled is not None
    acentric = np.isfinite(read.pairs.difference)
    np.testing.assert_allclose(
        np.sort(read.pairs.difference[acentric]), np.sort((PLUS - MINUS)[~CENTRIC]), atol=1e-4
    )


@pytest.mark.parametrize(
    ("labels", "options", "reason"),
    [
        (("FA", "FB"), {}, "a.mtz holds the data sets FA, FB: say which of them is the native"),
        (
            ("FNAT", "FA", "FB"),
            {},
            "a.mtz holds the data sets FA, FB: say which of them is the derivative",
        ),
        (("FA",), {}, "a.mtz holds one data set, FA, and isomorphous differences need two"),
        (("FNAT",), {}, "holds one data set, FNAT, and isomorphous differences need two"),
        (("FA", "FB"), {"native": "FA", "derivative": "FA"}, "are both FA of a.mtz"),
        (("FA", "FB"), {"native": "FC"}, "a.mtz has no data set 'FC': it has FA, FB"),
    ],
)
def test_says_which_data_sets_it_cannot_tell_apart(
    tmp_path: Path, labels: tuple[str, ...], options: dict[str, str], reason: str
):
    every = [column for label in labels for column in columns(label, PLUS)]
    path = mtz(tmp_path / "a.mtz", every)
    with pytest.raises(UserError, match=reason):
        read_differences(path, "isomorphous", **options)


def test_the_other_of_two_data_sets_is_the_native(tmp_path: Path):
    path = mtz(tmp_path / "a.mtz", [*columns("FA", PLUS), *columns("FB", NATIVE)])
    read = read_differences(path, "isomorphous", derivative="FB")
    assert read.differences.label == "FB of a.mtz − FA of a.mtz"


def test_intensities_of_the_native_are_not_taken_for_a_derivative(tmp_path: Path):
    every = [*columns("FNAT", NATIVE), ("INAT", "J", NATIVE**2), ("SIGINAT", "Q", SIGMA)]
    path = mtz(tmp_path / "a.mtz", every)
    with pytest.raises(UserError, match="holds one data set"):
        read_differences(path, "isomorphous")


def test_real_derivatives_have_the_signals_that_are_known(shared_data: Path, tmp_path: Path):
    """The mercury data of rnase25 have no anomalous signal; iodine and gold have."""
    heavy = shared_data / "heavy"
    rnase = heavy / "rnase25" / "rnase25_Nat_Derivs.mtz"
    mercury = read_differences(rnase, "anomalous")
    assert any("FHG(+) is used" in note for note in mercury.notes)
    assert mercury.statistics.signal_to is None
    iodine = read_differences(rnase, "anomalous", derivative="DERIV_I")
    assert iodine.statistics.signal_to == pytest.approx(3.0, abs=0.2)
    gold = read_differences(heavy / "toxd" / "toxd.mtz", "anomalous")
    assert gold.statistics.signal_to == pytest.approx(2.9, abs=0.3)
    platinum = read_differences(rnase, "isomorphous", derivative="DERIV_PT")
    assert platinum.statistics.ratio == pytest.approx(0.24, abs=0.02)
    assert any("c by +1.85 %" in note for note in platinum.notes)
    copied = tmp_path / "native.mtz"
    shutil.copy(heavy / "toxd" / "toxd.mtz", copied)
    with pytest.raises(UserError, match="differ by more than 5 %"):
        read_differences(
            rnase, "isomorphous", derivative="FI(+)", native="FTOXD3", native_file=copied
        )


def test_the_sign_of_anomalous_differences_is_that_of_the_model(shared_data: Path):
    """A map of ΔF with the phases of the model − 90° is positive at the known iodine sites, and the
    one of the other hand is not (Kraut, J. Mol. Biol. 35, 511, 1968)."""
    rnase = shared_data / "heavy" / "rnase25"
    read = read_differences(
        rnase / "rnase25_Nat_Derivs.mtz", "anomalous", derivative="FI(+)"
    ).differences
    read = read.select(read.d >= 4.0)
    model = gemmi.read_pdb(str(rnase / "rnase_model.pdb"))
    calculator = gemmi.DensityCalculatorX()
    calculator.d_min = 4.0
    calculator.grid.setup_from(model)
    calculator.put_model_density_on_grid(model[0])
    grid = gemmi.transform_map_to_f_phi(calculator.grid)
    phase = np.exp(1j * np.angle([grid.get_value(*map(int, h)) for h in read.hkl]))
    hkl, source, change = equivalents.expand(read.hkl, read.spacegroup)
    f = (read.value * phase * -1j)[source] * change.shift
    f = np.where(change.conjugate_mask, np.conj(f), f)

    def density(places: np.ndarray) -> np.ndarray:
        return (f * np.exp(-2j * np.pi * (places @ hkl.T))).real.sum(axis=1)

    rows = (rnase / "sites_truth.tsv").read_text().splitlines()
    sites = np.array([row.split()[1:4] for row in rows if row.startswith("I\t")], dtype=float)
    rmsd = density(np.random.default_rng(0).random((300, 3))).std()
    assert density(sites[:5]).mean() > 6.0 * rmsd
