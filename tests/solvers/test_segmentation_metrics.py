import gemmi
import pytest

from patterson_gui.crystal.comparison.atom_agreement import AtomAgreement
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import PredictionSettings
from patterson_gui.solvers.evaluate import evaluate, summary
from patterson_gui.solvers.segmentation_metrics import segmented_figures


class One:
    """Draws one problem."""

    def __init__(self, crystal: Crystal) -> None:
        self.crystal = crystal

    def draw(self, n: int) -> list[Crystal]:
        return [self.crystal]


class Finder:
    """Stands in for networks: finds the same atoms in every density."""

    def __init__(self, model: gemmi.Structure | None) -> None:
        self.model = model
        self.given: list[object] = []

    def atoms(self, predictions, compositions, settings, cancelled):
        self.given += [*predictions, *compositions]
        return [self.model for _ in predictions]


def test_the_figures_are_over_the_atoms_of_all_cases() -> None:
    one = AtomAgreement(10, 8, 0.5, 0.5, 0.6, 0.625, 0.1, 0.8, (0.1, 0.1, 0.1, 0.1, 0.1))
    two = AtomAgreement(5, 5, 1.0, 1.0, 1.0, 1.0, 0.3, 1.0, (0.3, 0.3, 0.3, 0.3, 0.3))
    figures = segmented_figures([one, two])
    assert figures["recall"] == pytest.approx(10 / 15, abs=1e-4)
    assert figures["precision"] == pytest.approx(10 / 13, abs=1e-4)
    assert figures["element_right_fraction"] == pytest.approx(0.9)
    assert figures["position_median_A"] == pytest.approx(0.2)
    assert figures["rmsd"] == pytest.approx(0.05**0.5, abs=1e-4)
    nothing = segmented_figures([AtomAgreement(4, 0, 0, 0, 0, 0, None, None)])
    assert nothing["recall"] == 0
    assert nothing["precision"] is None
    assert nothing["rmsd"] is None


def test_compares_the_atoms_found_in_each_predicted_density(dipeptide: Crystal) -> None:
    settings = PredictionSettings(method="retrieval", atoms=False, device="cpu")
    none = Finder(None)
    [case] = evaluate(One(dipeptide), 1, settings, networks=none, segment=True)
    assert (case.segmented.n_true, case.segmented.n_built) == (11, 0)
    assert none.given == [case.prediction, dipeptide.composition]
    # The truth found in the prediction's own frame: laid over the truth once more, it is elsewhere
    # unless the prediction fell where the truth is.
    some = Finder(dipeptide.model)
    [case] = evaluate(One(dipeptide), 1, settings, networks=some, segment=True)
    assert case.segmented.n_built == 11
    assert case.row()["segmented"]["n_found"] == 11
    assert summary([case])["segmented"] == case.row()["segmented"]
    [plain] = evaluate(One(dipeptide), 1, settings, networks=some)
    assert plain.segmented is None
    assert summary([plain])["segmented"] is None
