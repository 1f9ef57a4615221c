"""The crystal that the Explorer encodes: opening it, editing it, encoding it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from psygnal import Signal

from patterson_gui.app.explorer.edits import Edits, atomic_number, moved_atom
from patterson_gui.app.explorer.encode import (
    Encoded,
    encode,
    material_of_open,
    materials_of_file,
)
from patterson_gui.app.jobs.jobs import Failure, JobContext, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import SampleKind
from patterson_gui.crystal.materials.latent import CrystalCoder
from patterson_gui.errors import UserError

T = TypeVar("T")


class Encoding:
    """Encodes with the network in use at the time of the request.

    Attributes
    ----------
    encoded : the crystal as given, with its sample and density.
    edits : its versions, for undo and redo.
    """

    changed = Signal()  # `encoded`, or an edit was refused and the old atoms stay
    encoded_crystal = Signal(object, bool)  # Encoded; whether it is an edit of the one before
    choice_wanted = Signal(str, object)  # name of the file; list[Material] to choose from
    notice = Signal(object)  # Notice

    def __init__(
        self, runner: JobRunner, network: Callable[[], tuple[SampleKind, CrystalCoder | None]]
    ) -> None:
        self._runner = runner
        self._network = network
        self.edits = Edits()
        self.encoded: Encoded | None = None
        self._pending: Material | None = None  # being encoded

    @property
    def material(self) -> Material | None:
        """The newest version of the crystal, whether it is encoded already or not."""
        return self._pending or self.edits.material

    # ------------------------------------------------------------------ opening
    def open_crystal(self, crystal: Crystal | None) -> None:
        """Encode the crystal that is open in the main window."""
        if crystal is None:
            self._tell("Nothing is open in the main window: open a structure there first.")
            return
        self._read(f"Atoms of {crystal.name}", lambda: [material_of_open(crystal)])

    def open_file(self, path: Path) -> None:
        """Encode the crystal in a file; where it holds several, emit `choice_wanted`."""
        self._read(f"Reading {path.name}", lambda: materials_of_file(path), path.name)

    def open_material(self, material: Material) -> None:
        """Encode a crystal."""

        def done(encoded: Encoded) -> None:
            self.edits.start(material)
            self._set_encoded(encoded, is_edit=False)

        self._encode(material, done)

    def open_if_possible(self, crystal: Crystal | None, otherwise: Callable[[], None]) -> None:
        """Encode a crystal if it can be encoded, else call `otherwise`; no message either way."""
        kind, coder = self._network()

        def work(context: JobContext) -> Encoded | None:
            try:
                return None if crystal is None else encode(material_of_open(crystal), kind, coder)
            except UserError:
                return None

        def done(encoded: Encoded | None) -> None:
            if self.material is not None:
                return
            if encoded is None:
                otherwise()
            else:
                self.edits.start(encoded.material)
                self._set_encoded(encoded, is_edit=False)

        self._submit("Encoding the open crystal", work, "encode", done)

    def encode_again(self) -> None:
        """Encode the same atoms by another network."""
        material = self.material
        if material is None:
            return

        def done(encoded: Encoded) -> None:
            if self.edits.material is not material:
                self.edits.start(material)
            self._set_encoded(encoded, is_edit=True)

        self._encode(material, done)

    def clear(self) -> None:
        """Forget the sample and density: another kind of sample was chosen."""
        self.encoded = None
        self.changed.emit()

    def _read(self, name: str, work: Callable[[], list[Material]], file_name: str = "") -> None:
        def done(found: list[Material]) -> None:
            if len(found) > 1:
                self.choice_wanted.emit(file_name, found)
            else:
                self.open_material(found[0])

        self._submit(name, lambda context: work(), "explorer-read", done)

    # ------------------------------------------------------------------ editing
    def set_element(self, atoms: list[int], text: str) -> None:
        """Change the element of some atoms. `text` is a symbol or an atomic number."""

        def changed(material: Material) -> Material:
            number = atomic_number(text)
            for atom in atoms:
                material = material.with_element(atom, number)
            return material

        self._edit(changed)

    def set_coordinate(self, atom: int, axis: int, value: float, frac: bool) -> None:
        """Change one coordinate of an atom, fractional or Cartesian (Å)."""
        self._edit(lambda material: moved_atom(material, atom, axis, value, frac))

    def step(self, by: int) -> None:
        """Undo (−1) or redo (1) an edit."""
        material = self.edits.step(by)
        if material is not None:
            self._encode(material, lambda encoded: self._set_encoded(encoded, is_edit=True))

    def _edit(self, change: Callable[[Material], Material]) -> None:
        before = self.material
        if before is None:
            return
        try:
            material = change(before)
        except UserError as error:
            self._tell(str(error))
            self.changed.emit()
            return

        def done(encoded: Encoded) -> None:
            self.edits.add(material)
            self._set_encoded(encoded, is_edit=True)

        self._encode(material, done)

    # ------------------------------------------------------------------ encoding
    def _encode(self, material: Material, done: Callable[[Encoded], None]) -> None:
        kind, coder = self._network()
        self._pending = material

        def finished(encoded: Encoded) -> None:
            if self._pending is material and (kind, coder) == self._network():
                self._pending = None
                done(encoded)

        def failed(failure: Failure) -> None:
            if self._pending is material:
                self._pending = None
                self.changed.emit()  # a table shows the old atoms again
            self._tell_failure(failure)

        self._submit(
            f"Encoding {material.label}", lambda context: encode(material, kind, coder),
            "encode", finished, failed,
        )  # fmt: skip

    def _set_encoded(self, encoded: Encoded, is_edit: bool) -> None:
        self.encoded = encoded
        self.changed.emit()
        self.encoded_crystal.emit(encoded, is_edit)

    def _submit(
        self,
        name: str,
        work: Callable[[JobContext], T],
        key: str,
        done: Callable[[T], None],
        failed: Callable[[Failure], None] | None = None,
    ) -> None:
        self._runner.submit(
            name, work, lane=Lane.EXPLORER, key=key, quiet=True,
            on_done=done, on_failed=failed or self._tell_failure,
        )  # fmt: skip

    # ------------------------------------------------------------------ messages
    def _tell(self, text: str) -> None:
        self.notice.emit(Notice(text, error=True))

    def _tell_failure(self, failure: Failure) -> None:
        self.notice.emit(Notice(failure.sentence, error=True, details=failure.details))
