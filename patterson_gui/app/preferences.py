"""The pages of the preferences: which settings a user sees, in which words, and their checks."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from patterson_gui.app.settings import Settings
from patterson_gui.errors import UserError
from patterson_gui.io.viewers.scene import Viewer

Kind = Literal["switch", "choice", "whole number", "number", "folder"]


@dataclass(frozen=True)
class Preference:
    """One setting as the user sees it.

    Attributes
    ----------
    path : of the setting, with a dot for one inside another: `prediction.device`.
    label, help : its name, and one sentence that says what it does.
    kind : which field shows it.
    choices : values and their words, of the kind "choice".
    empty : what an empty field of a number stands for; empty: a number is needed.
    """

    path: str
    label: str
    help: str
    kind: Kind
    choices: tuple[tuple[Any, str], ...] = ()
    empty: str = ""

    def value(self, settings: Settings) -> Any:
        """The value in these settings."""
        owner, name = self._place(settings)
        return getattr(owner, name)

    def set(self, settings: Settings, value: Any) -> None:
        """Check a value and set it.

        Raises
        ------
        UserError : the value is not possible; nothing is changed.
        """
        if self.kind == "folder" and value and not Path(value).is_dir():
            raise UserError(f"There is no folder {value}: choose another, or leave it empty.")
        owner, name = self._place(settings)
        try:
            setattr(owner, name, value)
        except ValidationError:
            raise UserError(self._demand()) from None

    def set_text(self, settings: Settings, text: str) -> None:
        """The same from what was typed.

        Raises
        ------
        UserError : this is no number, or one that is not possible; nothing is changed.
        """
        text = text.strip()
        if self.kind == "folder":
            self.set(settings, text)
        elif not text and self.empty:
            self.set(settings, None)
        else:
            try:
                number = int(text) if self.kind == "whole number" else float(text)
            except ValueError:
                raise UserError(self._demand()) from None
            self.set(settings, number)

    def text(self, settings: Settings) -> str:
        """What a field for typing shows."""
        value = self.value(settings)
        return "" if value is None else _plain(value)

    def restore(self, settings: Settings) -> None:
        """Set the value as the program comes."""
        owner, name = self._place(settings)
        setattr(owner, name, self.value(Settings()))

    def _place(self, settings: Settings) -> tuple[BaseModel, str]:
        owner: BaseModel = settings
        *outer, name = self.path.split(".")
        for part in outer:
            owner = getattr(owner, part)
        return owner, name

    def _demand(self) -> str:
        """What has to be typed, as a sentence."""
        owner, name = self._place(Settings())
        least, most = _limits(type(owner).model_fields[name])
        what = "a whole number" if self.kind == "whole number" else "a number"
        between = "" if least is None else f" from {_plain(least)}"
        if most is not None:
            between += f" to {_plain(most)}"
        otherwise = f", or leave it empty for “{self.empty}”" if self.empty else ""
        return f"Write {what}{between}{otherwise}."


def _plain(value: object) -> str:
    """A number as a user writes it, without `.0`."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _limits(field: FieldInfo) -> tuple[Any, Any]:
    least = most = None
    for rule in field.metadata:
        least = getattr(rule, "ge", getattr(rule, "gt", least))
        most = getattr(rule, "le", most)
    return least, most


@dataclass(frozen=True)
class Page:
    """A page of the dialog; `action` names a command with more of the kind, and its words."""

    title: str
    preferences: tuple[Preference, ...]
    action: tuple[str, str] | None = None


PAGES = (
    Page(
        "General",
        (
            Preference(
                "theme", "Theme", "Colours of the window; the views have the same background.",
                "choice",
                (("system", "Follow the system"), ("light", "Light"), ("dark", "Dark")),
            ),
            Preference(
                "at_start", "At the start", "What is opened where no file is named.", "choice",
                (("example", "Open the example"), ("last", "Open what was open last")),
            ),
            Preference(
                "autosave", "Save the session automatically",
                "After a crash or a kill, the next start can restore it.", "switch",
            ),
        ),
    ),
    Page(
        "Views",
        (
            Preference(
                "style", "Maps", "How all maps are drawn; each can be changed in Layers.", "choice",
                (("wire", "Chicken wire"), ("surface", "Surfaces")),
            ),
            Preference(
                "palette", "Colours of maps",
                "In both, maps are told apart with any colour vision; Okabe–Ito differs more.",
                "choice", (("usual", "Usual"), ("okabe-ito", "Okabe–Ito")),
            ),
            Preference(
                "first_radius", "Radius about the cursor (Å)",
                "Where maps are drawn at first after View ▸ Part of the crystal ▸ Smaller radius.",
                "number",
            ),
            Preference(
                "link_camera", "Link cameras", "All views turn, move and zoom together.", "switch"
            ),
            Preference(
                "link_cursor", "Link cursors", "A click in one view moves the cursor of all.",
                "switch",
            ),
            Preference(
                "link_levels", "Link levels",
                "The densities have one contour level, in rmsd.", "switch",
            ),
            Preference(
                "show_aligned", "Show predictions aligned to the truth",
                "Where the truth is known, a predicted map is moved onto it.", "switch",
            ),
        ),
    ),
    Page(
        "Prediction",
        (
            Preference(
                "prediction.device", "Device", "Where predictions are computed.", "choice",
                (
                    ("auto", "Automatic"),
                    ("cpu", "Processor (CPU)"),
                    ("cuda", "Graphics card (CUDA)"),
                ),
            ),
            Preference(
                "prediction.starts", "Random starts",
                "How many random sets of phases to start from; more for hard problems.",
                "whole number", empty="Automatic",
            ),
            Preference(
                "prediction.iterations", "Iterations per start",
                "How long each start is improved; more for hard problems.",
                "whole number", empty="Automatic",
            ),
            Preference(
                "prediction.d_min", "Resolution limit (Å)",
                "Reflections of smaller d-spacing are not used.",
                "number", empty="All data",
            ),
            Preference(
                "prediction.seed", "Random seed",
                "The same seed gives the same prediction on the same machine.", "whole number",
            ),
        ),
        ("predict_settings", "All prediction settings…"),
    ),
    Page(
        "Files and programs",
        (
            Preference(
                "last_folder", "Folder",
                "Where dialogs for files begin; it follows the files that you open and save.",
                "folder",
            ),
            Preference(
                "viewer", "Send to", "The program that the Send button uses.", "choice",
                tuple((viewer, viewer.label) for viewer in Viewer),
            ),
            Preference(
                "live_link", "Keep in sync",
                "Later changes of levels, styles and visibility are sent, too.", "switch",
            ),
        ),
        ("viewers", "Paths and plugins of programs…"),
    ),
)  # fmt: skip

# Settings that are not preferences: what the program remembers by itself, and what has its own
# place (the keys have a page of their own, the rest the dialogs of prediction and training).
REMEMBERED = (
    "recent_files", "recent_commands", "example_predicted", "hints_dismissed", "viewers",
    "window_geometry", "window_state", "arrangement", "result_details", "solution_details",
    "training", "keys",
)  # fmt: skip


def changed(before: Settings, after: Settings) -> set[str]:
    """The paths of the preferences that differ."""
    return {p.path for p in all_preferences() if p.value(before) != p.value(after)}


def all_preferences() -> Iterable[Preference]:
    """The preferences of all pages."""
    for page in PAGES:
        yield from page.preferences
