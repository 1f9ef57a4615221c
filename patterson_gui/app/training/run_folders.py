"""Where the files of a training are written, unless the user chooses another folder."""

from pathlib import Path

from platformdirs import user_data_path


def suggested_run_folder(data: Path | None) -> Path:
    """A folder that does not exist yet, named after the data set."""
    folder = user_data_path("patterson_gui", appauthor=False) / "trainings"
    stem = data.stem if data is not None else "training"
    number = 1
    while (folder / f"{stem}-{number}").exists():
        number += 1
    return folder / f"{stem}-{number}"
