"""Requests to open a file, and the functions that do it, in a job."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import gemmi
from pydantic import TypeAdapter, ValidationError

from patterson_gui.app.datasets.pages import Pages
from patterson_gui.crystal.comparison.truth import refuse_other_cell
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.patterson import PattersonSettings
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.measured.contents import (
    Contents,
    contents_from_elements,
    contents_from_formula,
)
from patterson_gui.crystal.models.whole_cell import composition_of, has_unit_cell
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.opening.crystal_of_intensities import crystal_of_intensities
from patterson_gui.io.opening.intensities import ReadIntensities, read_intensities
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.opening.reader import FileKind
from patterson_gui.io.opening.reflections import list_columns
from patterson_gui.io.opening.registry import reader_of
from patterson_gui.io.reflections.columns import ColumnChoice
from patterson_gui.io.reflections.reflection_file import NoCellGiven, NoSpaceGroupGiven
from patterson_gui.io.source_file import SourceFile


@dataclass(frozen=True)
class GivenExperiment:
    """What a user types where files lack it.

    `cell` : a, b, c (Å), α, β, γ (degrees). `wavelength` : Å; None: not known. `elements` :
    "C H O", or a formula; "" where nothing is known.
    """

    cell: tuple[float, float, float, float, float, float]
    wavelength: float | None = None
    elements: str = ""


@dataclass(frozen=True)
class OpenRequest:
    """A file to open, with the answers given so far.

    `model` : one that lies over the map in `path`, to be its truth. `given` : what the user says
    of reflections whose cell no file gives.
    """

    path: Path
    column: ColumnChoice | None = None
    box_if_no_cell: bool = False
    model: Path | None = None
    given: GivenExperiment | None = None


class ColumnsWantedError(Exception):
    """The file holds several columns to choose from."""

    def __init__(self, choices: list[ColumnChoice]) -> None:
        super().__init__("several columns")
        self.choices = choices


@dataclass(frozen=True)
class Opened:
    """Contents of a file; of a bundle also its prediction, of a data set its first example.

    `measured` : intensities as a solution needs them; None where the file holds none."""

    crystal: Crystal
    prediction: Prediction | None = None
    levels: Mapping[str, float] = field(default_factory=dict)  # rmsd by kind of map
    patterson: PattersonSettings = field(default_factory=PattersonSettings)
    dataset: Pages | None = None
    measured: ReadIntensities | None = None


def read_file(request: OpenRequest) -> Opened:
    """Read any file; raise `ColumnsWantedError` if the user must choose a column."""
    path = request.path
    source = SourceFile(path)  # opened once for all that follows
    reader = reader_of(source)
    if reader.kind == FileKind.BUNDLE:
        contents = read_bundle(source)
        return Opened(
            replace(contents.crystal, source=path, read_files=source.states),
            contents.prediction,
            contents.levels,
            patterson_settings(contents.manifest.settings),
        )
    if reader.kind == FileKind.DATASET:
        return _first_example(path)
    if reader.reflections is not None and request.column is None:
        choices = _columns(source)
        if len(choices) > 1:
            raise ColumnsWantedError(choices)
    from patterson_gui.io.opening.open import open_any  # loads h5py

    measured = _measured(source, request)
    try:
        crystal = open_any(source, column=request.column, box_if_no_cell=request.box_if_no_cell)
    except (NoSpaceGroupGiven, NoCellGiven):
        if measured is None:
            raise
        crystal = crystal_of_intensities(measured, source)
    if request.model is not None:
        crystal = _with_model(crystal, request.model)
    for density in (crystal.truth, crystal.opened_map):
        if density is not None:
            _ = density.rmsd  # cached here, in the job, so that the window does not compute it
    return Opened(crystal, measured=measured)


def _measured(source: SourceFile, request: OpenRequest) -> ReadIntensities | None:
    """The intensities of a file, with what the user gave; None where it holds none."""
    given = request.given
    try:
        if given is None:
            return read_intensities(source, request.column)
        cell = gemmi.UnitCell(*given.cell)
        read = read_intensities(source, request.column, cell=cell, wavelength=given.wavelength)
        contents = given_contents(given.elements, cell)
        return replace(read, contents=contents or read.contents)
    except UserError:
        if given is not None:
            raise
        return None  # whoever opens the file finds out what it is, and says what is wrong


def given_contents(words: str, cell: gemmi.UnitCell) -> Contents | None:
    """Contents as typed: a formula where it has numbers, otherwise elements; None: nothing.

    Raises
    ------
    UserError : they are not understood.
    """
    if not words.strip():
        return None
    if any(letter.isdigit() for letter in words):
        return contents_from_formula(words, None, cell)
    return contents_from_elements(words)


def _with_model(crystal: Crystal, path: Path) -> Crystal:
    """The crystal of a map, with a model of the same cell; of another cell, the model alone."""
    from patterson_gui.io.opening.open import open_any  # loads h5py

    model = read_model(path)
    if not has_unit_cell(model):
        model.cell = crystal.cell
        model.spacegroup_hm = crystal.spacegroup.xhm()
        crystal = replace(
            crystal, notes=(*crystal.notes, f"{path.name} has no cell: that of the map is used.")
        )
    try:
        refuse_other_cell(model, crystal)
    except UserError:
        alone = open_any(path)
        note = "The map has another unit cell than the model and was left out."
        return replace(alone, notes=(*alone.notes, note))
    assert crystal.amplitudes is not None
    return replace(
        crystal,
        name=model.name or crystal.name,
        model=model,
        composition=composition_of(model),
        truth=true_density(model, crystal.amplitudes.d_min),
    )


def _first_example(path: Path) -> Opened:
    from patterson_gui.app.datasets.read_pages import read_pages  # loads h5py

    data = read_pages(path)
    if len(data) == 0:
        raise UserError(f"The data set {path.name} holds no examples: build it again from more.")
    return Opened(replace(data.page(0).crystal(), source=path), dataset=data)


def _columns(source: SourceFile) -> list[ColumnChoice]:
    """The columns of a file; none if it holds no reflections (such as a CIF of a model)."""
    try:
        return list_columns(source)
    except UserError:
        return []  # whoever opens it finds out what it is, and says what is wrong


def patterson_settings(saved: Mapping[str, Any]) -> PattersonSettings:
    """Patterson settings of a bundle; the defaults if it has none."""
    try:
        return TypeAdapter(PattersonSettings).validate_python(saved.get("patterson") or {})
    except ValidationError:
        return PattersonSettings()
