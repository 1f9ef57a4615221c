"""The vectors that the window shows: of which model, which are listed, which atoms are marked."""

import gemmi
import numpy as np
import pytest

from patterson_gui.app.vectors.vectors import VectorKind, VectorSource, VectorView
from patterson_gui.crystal.crystal import Crystal
from tests.app.workbench_driver import WorkbenchDriver


@pytest.fixture
def vectors(driver: WorkbenchDriver, fragment: Crystal) -> VectorView:
    view = driver.workbench.vectors
    view.watch(True)
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    return view


def test_nothing_is_calculated_until_somebody_looks(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    view = driver.workbench.vectors
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    assert view.shown is None
    view.watch(True)
    driver.wait_until_idle()
    assert view.shown is not None
    assert view.shown.source is VectorSource.MODEL


def test_the_ends_of_a_vector_differ_by_it(vectors: VectorView) -> None:
    shown = vectors.shown
    assert shown is not None
    rows = vectors.rows()
    assert len(rows) > 10
    for row in rows[:10]:
        one, other = shown.ends(int(row))
        step, u = one - other, shown.vectors.frac[row]
        apart = [np.abs((d := sign * step - u) - np.rint(d)).max() for sign in (1, -1)]
        assert min(apart) < 1e-6  # the Patterson map of a fragment in P1 has only the inversion


def test_vectors_of_one_kind_or_of_one_atom_are_listed(vectors: VectorView) -> None:
    shown = vectors.shown
    assert shown is not None
    everything = len(vectors.rows())
    vectors.list_kind(VectorKind.SELF)
    assert len(vectors.rows()) == 0  # in P1 an atom has no image but itself
    vectors.list_kind(VectorKind.CROSS)
    assert len(vectors.rows()) == everything
    atom = vectors.atom_at(tuple(shown.atoms.frac[2] + 1.0))
    assert atom == 2
    vectors.list_atom(atom)
    assert len(vectors.rows()) == len(shown.atoms) - 1
    assert vectors.atom_at((0.001, 0.001, 0.001)) is None


def test_another_crystal_has_its_own_vectors(
    vectors: VectorView, driver: WorkbenchDriver, fragment: Crystal
) -> None:
    vectors.choose(int(vectors.rows()[0]))
    vectors.list_atom(1)
    driver.workbench.show(fragment)
    assert (vectors.shown, vectors.chosen, vectors.atom) == (None, None, None)
    driver.wait_until_idle()
    assert vectors.shown is not None


def test_built_atoms_are_another_source(built: WorkbenchDriver) -> None:
    view = built.workbench.vectors
    view.watch(True)
    built.wait_until_idle()
    assert view.sources() == (VectorSource.MODEL, VectorSource.BUILT)
    view.want(VectorSource.BUILT)
    built.wait_until_idle()
    assert view.shown is not None
    assert view.shown.source is VectorSource.BUILT


def test_a_model_without_atoms_is_told(driver: WorkbenchDriver, fragment: Crystal) -> None:
    from dataclasses import replace

    empty = gemmi.Structure()
    empty.cell = fragment.cell
    view = driver.workbench.vectors
    view.watch(True)
    driver.workbench.show(replace(fragment, model=empty))
    driver.wait_until_idle()
    assert "no atoms" in view.trouble
