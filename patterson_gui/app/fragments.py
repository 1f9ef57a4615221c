"""Fragments that are cut from the open structure: the residues to choose from, and previews."""

from collections.abc import Callable
from dataclasses import dataclass

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import Failure, Job, Lane
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.models.fragment import default_range, make_fragment
from patterson_gui.crystal.models.residues import (
    ResidueRange,
    ResidueRun,
    residue_choices,
    select_range,
)
from patterson_gui.crystal.problem_kinds import B_ISO, CELL_EDGE, D_MIN, MARGIN
from patterson_gui.errors import UserError


@dataclass(frozen=True)
class FragmentRequest:
    """Which residues to cut out, and the cell to put them in.

    `first` and `last` are residue numbers with their insertion codes ("10", "10A");
    `cell_edge` None: the extent of the fragment plus `margin` (Å) on every side.
    """

    chain: str
    first: str
    last: str
    cell_edge: float | None = CELL_EDGE
    margin: float = MARGIN
    b_iso: float = B_ISO
    d_min: float = D_MIN


class FieldError(UserError):
    """A `UserError` that belongs to one field of a form: "residues" or "cell"."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def cut_fragment(source: Crystal, request: FragmentRequest) -> Crystal:
    """The fragment problem that `request` describes."""
    if source.model is None:
        raise UserError("There is no structure to cut a fragment from: open one first.")
    try:
        select_range(source.model, ResidueRange(request.chain, request.first, request.last))
    except UserError as error:
        raise FieldError("residues", str(error)) from error
    try:
        return make_fragment(
            source.model,
            request.chain,
            request.first,
            request.last,
            cell_edge=request.cell_edge,
            margin=request.margin,
            b_iso=request.b_iso,
            d_min=request.d_min,
        )
    except UserError as error:
        raise FieldError("cell", str(error)) from error


@dataclass(frozen=True)
class FragmentChoices:
    """The residues that can be cut out of a structure, and the proposed range."""

    runs: tuple[ResidueRun, ...]
    chain: str
    first: str
    last: str


def fragment_choices(source: Crystal) -> FragmentChoices:
    """The residues of a structure and the proposed range."""
    if source.model is None:
        raise UserError("There is no structure to cut a fragment from: open one first.")
    return FragmentChoices(residue_choices(source.model), *default_range(source.model))


class Fragments:
    """Lists residues and previews fragments in jobs. `Workbench.use_fragment` opens one."""

    def __init__(self, document: Document, runner: JobRunner, jobs: CrystalJobs) -> None:
        self._document = document
        self._runner = runner
        self._jobs = jobs

    @property
    def source(self) -> Crystal | None:
        """The structure a fragment is cut from: the open one, or the one it came from."""
        document = self._document
        if document.parent is not None:
            return document.parent
        crystal = document.crystal
        return crystal if crystal is not None and crystal.model is not None else None

    def blocked(self) -> str | None:
        """Why no fragment can be cut now; None when one can."""
        if self._document.crystal is None:
            return "Open a structure first."
        if self.source is None:
            return "The open file holds no structure to cut a fragment from."
        return None

    def list_residues(
        self, source: Crystal, on_done: Callable[[FragmentChoices], None]
    ) -> Job[FragmentChoices]:
        """List the residues that can be cut out of `source`."""
        return self._runner.submit(
            f"Residues of {source.name}",
            lambda context: fragment_choices(source),
            lane=Lane.PREVIEW,
            key="residues",
            quiet=True,
            on_done=on_done,
            on_failed=self._jobs.tell_failure,
        )

    def preview(
        self,
        source: Crystal,
        request: FragmentRequest,
        on_done: Callable[[Crystal], None],
        on_failed: Callable[[Failure], None],
    ) -> Job[Crystal]:
        """Make the fragment for a dialog to show; nothing else changes."""
        return self._runner.submit(
            "Previewing the fragment",
            lambda context: cut_fragment(source, request),
            lane=Lane.PREVIEW,
            key="preview",
            quiet=True,
            on_done=on_done,
            on_failed=on_failed,
        )
