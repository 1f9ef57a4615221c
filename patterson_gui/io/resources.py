"""Paths of the files of the program (examples, plugins, guide), in a checkout or a wheel."""

from pathlib import Path

import patterson_gui
from patterson_gui.errors import UserError


def resources_folder() -> Path:
    """The folder `resources`: inside an installed package, beside the package in a checkout."""
    return _folder("resources")


def plugins_folder() -> Path:
    """The folder `plugins`, with the code that runs inside other programs."""
    return _folder("plugins")


def guide_page(name: str = "index.html") -> Path:
    """A page of the guide: inside an installed package, in `build/guide` of a checkout.

    Raises
    ------
    UserError : the guide has not been built, or has no such page.
    """
    package = Path(patterson_gui.__file__).resolve().parent
    for folder in (package / "guide", package.parent / "build" / "guide"):
        if (folder / name).is_file():
            return folder / name
    raise UserError(
        f"The page '{name}' of the guide is not in this installation: build the guide with "
        "'make docs' in the source code, or install the program from a wheel."
    )


def _folder(name: str) -> Path:
    package = Path(patterson_gui.__file__).resolve().parent
    for folder in (package / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise UserError(f"The folder '{name}' of patterson_gui is missing: install the program again.")


def example_path() -> Path:
    """The example that the program opens if it is started without a file."""
    path = resources_folder() / "examples" / "first-light.pgz"
    if not path.is_file():
        raise UserError(f"The example {path.name} is missing: install the program again.")
    return path


def measured_example_path() -> Path:
    """Measured intensities of sucrose, an example for solving a structure."""
    path = resources_folder() / "examples" / "sucrose.hkl"
    if not path.is_file():
        raise UserError(f"The example {path.name} is missing: install the program again.")
    return path


def known_crystals_path() -> Path:
    """The data set of known crystals that the Explorer shows."""
    path = resources_folder() / "crystals" / "known.h5"
    if not path.is_file():
        raise UserError(f"The known crystals ({path.name}) are missing: install the program again.")
    return path


def is_example(path: Path | None) -> bool:
    """Whether a file is one of the examples that come with the program."""
    return path is not None and path.parent == resources_folder() / "examples"
