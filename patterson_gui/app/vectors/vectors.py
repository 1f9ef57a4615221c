"""The interatomic vectors that are shown over the Patterson map, and how they are calculated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import gemmi
import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import Failure, JobContext, Lane
from patterson_gui.app.sites.sites import SiteList
from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization, p1
from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.maps.peak_columns import numbers
from patterson_gui.crystal.sections.coordinates_text import operation_text
from patterson_gui.crystal.sections.marks import VectorEnds
from patterson_gui.crystal.symmetry_images import symmetry_images
from patterson_gui.crystal.vectors.interatomic import InteratomicVectors, interatomic_vectors
from patterson_gui.crystal.vectors.matching import Matches, match_peaks
from patterson_gui.crystal.vectors.model_atoms import atoms_of_model

MOST_MARKED = 3000  # heaviest vectors that are looked for in a section


class VectorSource(StrEnum):
    """The atoms whose vectors are shown."""

    MODEL = "model"
    SOLVED = "solved"
    BUILT = "built"
    SITES = "sites"


SOURCE_NAMES = {
    VectorSource.MODEL: "Model in the file",
    VectorSource.SOLVED: "Solved structure",
    VectorSource.BUILT: "Atoms built into the prediction",
    VectorSource.SITES: "Heavy-atom sites",
}


class VectorKind(StrEnum):
    """Which of the vectors are listed."""

    ALL = "all"
    SELF = "self"
    CROSS = "cross"


KIND_NAMES = {
    VectorKind.ALL: "All",
    VectorKind.SELF: "Of an atom and its images",
    VectorKind.CROSS: "Between different atoms",
}


@dataclass(frozen=True, eq=False)
class ModelVectors:
    """The vectors of a model, held against the peaks of a Patterson map.

    Attributes
    ----------
    atoms : the independent atoms.
    spacegroup : of the model.
    matches : of `vectors` with the peaks.
    numbers : of the peaks, 0 for the origin peak.
    origin : Σ Z² of the atoms in the cell, to which weights are relative.
    """

    source: VectorSource
    atoms: AsymmetricUnit
    spacegroup: gemmi.SpaceGroup
    vectors: InteratomicVectors
    matches: Matches
    numbers: range
    origin: float

    def ends(self, row: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Fractional places (3,) of the two atoms of a vector: x_i, and the nearest copy of the
        image R x_j + t."""
        i, j = int(self.vectors.first[row]), int(self.vectors.second[row])
        image = self._operation(row).apply_to_xyz(self.atoms.frac[j].tolist())
        step = np.array(image) - self.atoms.frac[i]
        return self.atoms.frac[i], self.atoms.frac[i] + step - np.rint(step)

    def names(self, row: int) -> tuple[str, str, str]:
        """The labels of the two atoms, and the operation on the second, "" for the identity."""
        i, j = int(self.vectors.first[row]), int(self.vectors.second[row])
        op = self._operation(row)
        operation = "" if op.triplet() == "x,y,z" else operation_text(op)
        return self.atoms.labels[i], self.atoms.labels[j], operation

    def _operation(self, row: int) -> gemmi.Op:
        return self.spacegroup.operations().sym_ops[int(self.vectors.operation[row])]


class VectorView:
    """The vectors that are shown. Calculated anew whenever model, map or peaks change, while
    somebody watches.

    Attributes
    ----------
    wanted : the source that the user chose; another is used where it is not there.
    shown : what was calculated last; None where there is nothing.
    trouble : why there is nothing, as a sentence.
    kind : which vectors are listed.
    atom : row of the atom whose vectors are listed alone; None: all.
    chosen : row of the vector whose atoms are marked; None.
    """

    changed = Signal()
    chosen_changed = Signal()
    watched_changed = Signal()

    def __init__(self, document: Document, jobs: CrystalJobs, sites: SiteList) -> None:
        self._document = document
        self._sites = sites
        self._jobs = jobs
        self.wanted: VectorSource | None = None
        self.shown: ModelVectors | None = None
        self.trouble = ""
        self.kind = VectorKind.ALL
        self.atom: int | None = None
        self.chosen: int | None = None
        self._generation = document.generation
        self._watchers: set[str] = set()
        self._stale = True
        document.crystal_changed.connect(self._crystal_changed)
        for changed in (
            document.patterson_changed, document.peaks_changed, document.prediction_changed,
            document.solved_changed,
        ):  # fmt: skip
            changed.connect(self._update)
        sites.changed.connect(self._sites_changed)

    # ------------------------------------------------------------------ what there is
    def sources(self) -> tuple[VectorSource, ...]:
        """The models that have vectors now."""
        return tuple(source for source in VectorSource if self._atoms(source) is not None)

    def _atoms(
        self, source: VectorSource
    ) -> tuple[Callable[[], AsymmetricUnit], gemmi.SpaceGroup] | None:
        """A function, for a job, that gives the atoms of a source, and their space group."""
        document = self._document
        crystal = document.crystal
        if crystal is None:
            return None
        if source is VectorSource.SITES:
            sites = self._sites.atoms()
            return None if sites is None else (lambda: sites, crystal.spacegroup)
        if source is VectorSource.MODEL:
            model, group = crystal.model, crystal.spacegroup
        elif source is VectorSource.SOLVED:
            model = None if document.solved is None else document.solved.model
            named = None if model is None else gemmi.find_spacegroup_by_name(model.spacegroup_hm)
            group = named or crystal.spacegroup
        else:  # a prediction is in P1
            model, group = document.displayed_atoms, p1()
        return None if model is None else (lambda: atoms_of_model(model), group)

    def rows(self) -> NDArray[np.int64]:
        """Rows of the vectors that are listed, heaviest first."""
        shown = self.shown
        if shown is None:
            return np.zeros(0, dtype=np.int64)
        vectors = shown.vectors
        listed = np.ones(len(vectors), dtype=bool)
        if self.kind is not VectorKind.ALL:
            listed &= (vectors.first == vectors.second) == (self.kind is VectorKind.SELF)
        if self.atom is not None:
            listed &= (vectors.first == self.atom) | (vectors.second == self.atom)
        return np.flatnonzero(listed)

    def ends(self, most: int = MOST_MARKED) -> VectorEnds | None:
        """The ends of the heaviest `most` of the vectors that are listed, to be marked in
        sections; None where there are none."""
        if self.shown is None:
            return None
        rows = self.rows()[:most]
        return VectorEnds(self.shown.vectors.frac[rows], rows)

    # ------------------------------------------------------------------ what the user changes
    @property
    def watched(self) -> bool:
        """Whether somebody looks at the vectors."""
        return bool(self._watchers)

    def watch(self, watched: bool, by: str = "vectors") -> None:
        """Calculate while somebody looks at the vectors. `by` : which panel looks, or no longer."""
        before = self.watched
        (self._watchers.add if watched else self._watchers.discard)(by)
        if self.watched and self._stale:
            self._update()
        if by == "vectors" and not watched:
            self.choose(None)
        if self.watched != before:
            self.watched_changed.emit()

    def show_site(self, row: int) -> None:
        """List the vectors of one heavy-atom site alone."""
        if self.wanted is not VectorSource.SITES:
            self.want(VectorSource.SITES)
        self.list_atom(row)

    def want(self, source: VectorSource) -> None:
        """Show the vectors of another model."""
        self.wanted = source
        self._forget()
        self._update()

    def list_kind(self, kind: VectorKind) -> None:
        """List only vectors of one kind."""
        self.kind = kind
        self.changed.emit()

    def list_atom(self, atom: int | None) -> None:
        """List only the vectors of an atom, by its row; None: those of all."""
        if atom != self.atom:
            self.atom = atom
            self.changed.emit()

    def choose(self, row: int | None) -> None:
        """Mark the atoms of a vector; None: of none."""
        if row != self.chosen:
            self.chosen = row
            self.chosen_changed.emit()

    def atom_at(self, frac: Sequence[float], within: float = 0.6) -> int | None:
        """Row of the atom that is, or has an image, within a distance (Å) of a place."""
        shown, crystal = self.shown, self._document.crystal
        if shown is None or crystal is None:
            return None
        images = symmetry_images(
            np.array(frac, dtype=np.float64)[None], shown.spacegroup.operations()
        )
        axes = orthogonalization(crystal.cell).T
        apart = distances(images - shown.atoms.frac, axes).min(axis=0)
        row = int(apart.argmin())
        return row if apart[row] < within else None

    # ------------------------------------------------------------------ calculating
    def _crystal_changed(self) -> None:
        if self._document.generation != self._generation:
            self._generation = self._document.generation
            self.wanted = None
        self._forget()
        self._update()

    def _sites_changed(self) -> None:
        if self.shown is not None and self.shown.source is VectorSource.SITES:
            self._forget()  # its rows are those of the sites before
        self._update()

    def _forget(self) -> None:
        self.shown, self.atom, self.trouble = None, None, ""
        self.choose(None)
        self.changed.emit()

    def _update(self) -> None:
        self._stale = not self.watched
        if self._stale:
            return
        patterson, peaks = self._document.patterson, self._document.peaks
        sources = self.sources()
        if patterson is None or not sources:
            self._forget()
            return
        source = self.wanted if self.wanted in sources else sources[0]
        found = self._atoms(source)
        assert found is not None
        atoms_of_source, group = found

        def work(context: JobContext) -> ModelVectors:
            atoms = atoms_of_source()
            vectors = interatomic_vectors(atoms, patterson.cell, group)
            matches = match_peaks(patterson, peaks, vectors)
            electrons = [gemmi.Element(e).atomic_number for e in atoms.elements]
            squared = float(((np.array(electrons) * atoms.occ) ** 2).sum())
            origin = squared * len(group.operations())
            return ModelVectors(source, atoms, group, vectors, matches, numbers(peaks), origin)

        def done(answer: ModelVectors) -> None:
            if self.chosen is not None:
                self.choose(None)
            self.shown, self.trouble = answer, ""
            if self.atom is not None and self.atom >= len(answer.atoms):
                self.atom = None
            self.changed.emit()

        def failed(failure: Failure) -> None:
            self._forget()
            self.trouble = failure.sentence
            self.changed.emit()

        self._jobs.submit(
            "Interatomic vectors", work, done,
            lane=Lane.MAPS, key="vectors", quiet=True, on_failed=failed,
        )  # fmt: skip
