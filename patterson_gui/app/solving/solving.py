"""Solves and refines the open measured data: start, progress, cancel, corrections."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.history.steps import History
from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.app.services import Services
from patterson_gui.app.solving.choices import SolveChoices
from patterson_gui.app.solving.corrected_model import CorrectedModel
from patterson_gui.app.solving.drawing import Drawing
from patterson_gui.app.solving.live import LiveProgress
from patterson_gui.app.solving.present import ModelState, joined_state
from patterson_gui.crystal.measured.statistics import statistics
from patterson_gui.crystal.solution import (
    Judgement,
    RefinedStructure,
    Solution,
    SolveProgress,
    SpaceGroupCandidate,
    Start,
    StartPhases,
)
from patterson_gui.errors import UserError
from patterson_gui.io.opening.intensities import ReadIntensities

Vector = tuple[float, float, float]

NO_DATA = "The open file holds no measured intensities to solve a structure from."


class SolveState(StrEnum):
    IDLE = "idle"
    RUNNING = "running"
    STOPPING = "stopping"


class Solving:
    """Solves the open crystal, and holds the model with its corrections.

    Attributes
    ----------
    measured : the intensities of the open file; None where it holds none.
    choices : for the next solution of these data.
    doing : what runs now, in words such as "solving".
    progress : of what runs; of a solution that was stopped also afterwards.
    solution : the last finished one.
    model : that of the solution, with its corrections.
    drawing : what the views show of it, and how much of the crystal.
    """

    changed = Signal()  # state, choices, data, solution, model or what is shown of it
    progressed = Signal()

    def __init__(
        self, document: Document, jobs: CrystalJobs, services: Services, history: History
    ) -> None:
        """`history` : gets a step for each correction and refinement."""
        self._document = document
        self._history = history
        self._jobs = jobs
        self._services = services
        self._job: Job[Any] | None = None
        self.drawing = Drawing(document, jobs)
        self.drawing.changed.connect(self.changed.emit)
        self.model = CorrectedModel(
            history,
            lambda: self.state is SolveState.IDLE,
            lambda sentence: jobs.tell(sentence, error=True),
        )
        self.model.changed.connect(self._model_changed)
        self._forget()

    def _forget(self) -> None:
        self.measured: ReadIntensities | None = None
        self.choices = SolveChoices()
        self.doing = ""
        self.progress: SolveProgress | None = None
        self.data: Mapping[str, Any] | None = None
        self.solution: Solution | None = None
        self.drawing.forget()
        self.model.forget()
        self._saved: tuple[object, ...] = ()  # the solution and model that files have
        self._live: RefinedStructure | None = None
        self._gave_way = False  # whether a prediction is shown in place of the solution
        self._live_progress: LiveProgress | None = None  # of what runs for this crystal

    # ------------------------------------------------------------------ what is open
    def open(self, measured: ReadIntensities | None) -> None:
        """Another crystal is open, with these intensities; None: with none."""
        self.cancel()
        self._forget()
        self.measured = measured
        if measured is not None:
            self._find_statistics(measured)
        self.changed.emit()

    def _find_statistics(self, measured: ReadIntensities) -> None:
        def done(data: Mapping[str, Any]) -> None:
            self.data = data
            self.changed.emit()

        self._jobs.submit(
            "Statistics of the intensities",
            lambda context: statistics(measured.intensities, None, measured.contents),
            done, lane=Lane.TRUTH, key="intensity statistics", quiet=True,
            on_failed=lambda _failure: None,  # solving says what is wrong with the data
        )  # fmt: skip

    @property
    def is_primary(self) -> bool:
        """Whether solving is what a user most likely wants: data without a model are open."""
        crystal = self._document.crystal
        return self.measured is not None and crystal is not None and crystal.model is None

    @property
    def is_shown(self) -> bool:
        """Whether the views and figures are about solving rather than predicting."""
        if self._document.solved is not None or self.state is not SolveState.IDLE:
            return True
        return self.is_primary and not self._gave_way

    def give_way(self) -> None:
        """A prediction of the same data begins: views and figures are about that now."""
        if not self._gave_way:
            self._gave_way = True
            self._document.set_solved(None)
            self.changed.emit()

    # ------------------------------------------------------------------ what runs
    @property
    def state(self) -> SolveState:
        job = self._job
        if job is None or job.is_finished:
            return SolveState.IDLE
        return SolveState.STOPPING if job.cancel_requested else SolveState.RUNNING

    def blocked(self) -> str | None:
        """Why nothing can be solved now; None when it can."""
        if self._document.crystal is None:
            return "Open measured reflections first."
        if self.measured is None:
            return NO_DATA
        return None

    def cancel(self) -> None:
        """Stop what runs; what was found before stays."""
        if self._job is not None and not self._job.is_finished:
            self._jobs.cancel(self._job)
            self.changed.emit()

    def start(self, peaks: Sequence[Vector] = ()) -> Job[Any] | None:
        """Solve the open data with the present choices.

        peaks : Patterson peaks u v w, fractions of the cell, that the first starts begin from.
        """
        measured, crystal = self.measured, self._document.crystal
        if measured is None or crystal is None:
            self._jobs.tell(self.blocked() or "", error=True)
            return None
        if self.state is not SolveState.IDLE:
            return None
        try:
            self.choices.check(measured)
            contents, settings = self.choices.contents_for(measured), self.choices.settings
            if peaks:
                settings = replace(settings, superpose=tuple(peaks))
        except UserError as error:
            self._jobs.tell(str(error), error=True)
            return None
        live = self._new_live()

        def work(context: JobContext) -> tuple[Solution, ModelState | None]:
            solution = self._services.solving.solve(
                measured.intensities, contents, settings, live.reporter(context), context.cancelled
            )
            if solution.structure is None:
                return solution, None
            judgement = Judgement(solution.verdict, solution.reason, solution.advice)
            return solution, joined_state(solution.structure, judgement)

        def done(answer: tuple[Solution, ModelState | None]) -> None:
            solution, state = answer
            notes = (*measured.notes, *(contents.notes if contents else ()), *solution.notes)
            self.solution = replace(solution, notes=tuple(dict.fromkeys(notes)))
            self.data = solution.data or self.data
            self.progress = None
            self._history.clear()  # its steps are of the earlier solution
            self.model.begin(state, refined=True)
            self.drawing.shown_try = None
            if state is None:
                self.drawing.forget()
                best = max(solution.starts, key=lambda s: s.figure, default=None)
                if best is not None:
                    self.show_try(best.number)
            else:
                self._show()

        return self._run(f"Solving {crystal.name}", "solving", work, done, live)

    def refine(self) -> Job[Any] | None:
        """Refine the corrected model, or the same one once more."""
        state = self.model.state
        if state is None or self.state is not SolveState.IDLE:
            return None
        settings, live, solution = self._settings, self._new_live(), self.solution

        def work(context: JobContext) -> ModelState:
            structure = self._services.solving.refine(
                state.structure, state.model, settings, live.reporter(context), context.cancelled
            )
            return self._judged(structure, solution)

        return self._run("Refining the model", "refining", work, self.model.take, live)

    def refine_in(self, group: str) -> Job[Any] | None:
        """Show the structure in another space group; refine it there the first time."""
        solution = self.solution
        if solution is None or self.state is not SolveState.IDLE:
            return None
        if group in self.model.in_groups:
            if self.model.state is not self.model.in_groups[group]:
                self.model.take(self.model.in_groups[group])
            return None
        live = self._new_live()

        def work(context: JobContext) -> ModelState:
            structure = self._services.solving.in_group(
                solution, group, live.reporter(context), context.cancelled
            )
            return self._judged(structure, solution)

        return self._run(
            f"Refining in {group}", f"refining in {group}", work, self.model.take, live
        )

    def _judged(self, structure: RefinedStructure, solution: Solution | None) -> ModelState:
        """A refined model with the verdict on it. For a job."""
        judge = self._services.solving.judge
        return joined_state(structure, None if solution is None else judge(solution, structure))

    def _new_live(self) -> LiveProgress:
        self.progress = None
        live = self._live_progress = LiveProgress(self._take_progress)
        return live

    def _take_progress(self, live: LiveProgress) -> None:
        """Show what a running solution has reported, unless another crystal is open by now."""
        if live is not self._live_progress or self.state is SolveState.IDLE:
            return
        self.progress = live.latest
        if self.progress is not None and self.progress.data is not None:
            self.data = self.progress.data
        self._show_live()
        self.progressed.emit()

    def _run(
        self,
        name: str,
        doing: str,
        work: Callable[[JobContext], Any],
        done: Callable[[Any], None],
        live: LiveProgress,
    ) -> Job[Any]:
        def finished(answer: Any) -> None:
            self.doing = ""
            self.progress = None
            done(answer)
            self.changed.emit()

        def ended(failure: Failure | None = None) -> None:
            if self._live_progress is not live:
                return  # another crystal is open
            self.doing = ""
            if failure is not None:
                self._jobs.tell_failure(failure)
            if self.solution is not None:
                self.progress = None  # back to what was there before
                self._show()
            elif self.drawing.presented is not None and self.model.state is None:
                # It can be corrected and refined.
                self.model.begin(self.drawing.presented.state)
            self.changed.emit()

        self.doing, self._gave_way = doing, False
        self._job = self._jobs.submit(
            name, work, finished, lane=Lane.PREDICTION, key="solve",
            on_failed=ended, on_cancelled=ended,
        )  # fmt: skip
        self.changed.emit()
        return self._job

    @property
    def _settings(self) -> Any:
        solution = self.solution
        settings = self.choices.settings if solution is None else solution.settings
        return replace(
            settings, hydrogens=self.choices.hydrogens, anisotropic=self.choices.anisotropic
        )

    # ------------------------------------------------------------------ evidence
    @property
    def starts(self) -> tuple[Start, ...]:
        """The tries of what runs, or else of the solution."""
        if self.progress is not None and self.progress.starts is not None:
            return self.progress.starts
        return () if self.solution is None else self.solution.starts

    @property
    def start_phases(self) -> StartPhases | None:
        """The phases of these tries."""
        if self.progress is not None and self.progress.start_phases is not None:
            return self.progress.start_phases
        return None if self.solution is None else self.solution.start_phases

    @property
    def candidates(self) -> tuple[SpaceGroupCandidate, ...]:
        """The space groups of what runs, or else of the solution; R1 as refined here."""
        rows = () if self.solution is None else self.solution.candidates
        if self.progress is not None and self.progress.candidates is not None:
            rows = self.progress.candidates
        refined = {name: state.structure.figures.r1 for name, state in self.model.in_groups.items()}
        return tuple(replace(row, r1=refined.get(row.name, row.r1)) for row in rows)

    def show_try(self, number: int | None) -> None:
        """Show the map of a try in P1; None: the model and its maps again."""
        if number is None:
            self.drawing.shown_try = None
            self._show()
            self.changed.emit()
        elif self.start_phases is not None and self.measured is not None:
            self.drawing.draw_try(self.start_phases, number, self.measured.intensities.cell)

    # ------------------------------------------------------------------ the model
    @property
    def unsaved(self) -> bool:
        """Whether there is a solution, with its present model, that no file has."""
        return self.solution is not None and self._saved != (self.solution, self.model.state)

    def mark_saved(self, solution: Solution | None, state: ModelState | None) -> None:
        """Files have this solution with this model now."""
        self._saved = (solution, state)
        self.changed.emit()

    def _model_changed(self) -> None:
        self.drawing.shown_try = None
        self._show()
        self.changed.emit()

    def show_again(self) -> None:
        """Show the solution in the views again, after a prediction took its place."""
        self._gave_way = False
        self._show()

    def _show(self) -> None:
        """Draw the present model and its maps."""
        if self.model.state is not None:
            self.drawing.draw(self.model.state)

    def _show_live(self) -> None:
        """Draw a model that has come while solving."""
        structure = None if self.progress is None else self.progress.structure
        if structure is None or structure is self._live:
            return
        self._live = structure
        self.drawing.shown_try = None
        self.drawing.draw(structure)

    # ------------------------------------------------------------------ saving
    def save_blocked(self) -> str | None:
        """Why the solution cannot be saved now; None when it can."""
        if self.solution is None:
            return "Solve the structure to the end first."
        state = self.model.state
        if state is not None and state.edited:
            return "Refine the corrected model first, or undo the corrections."
        return None

    def solution_to_save(self) -> Solution | None:
        """The solution with the present model, and those in other groups."""
        solution, state = self.solution, self.model.state
        if solution is None or state is None:
            return solution
        others = {
            name: other.structure
            for name, other in self.model.in_groups.items()
            if name != state.group
        }
        rows = tuple(replace(row, chosen=row.name == state.group) for row in self.candidates)
        if not any(row.chosen for row in rows):
            rows = self.candidates
        verdict = {} if state.judgement is None else state.judgement._asdict()
        return replace(
            solution, structure=state.structure, others=others, candidates=rows, **verdict
        )
