"""Where this program keeps what is not the user's own file."""

import os
from pathlib import Path


def settings_folder() -> Path:
    """Where settings belong on this system; PATTERSON_GUI_CONFIG names another place."""
    override = os.environ.get("PATTERSON_GUI_CONFIG")
    if override:
        return Path(override)
    from platformdirs import user_config_path

    return user_config_path("patterson_gui", appauthor=False)


def listeners_folder() -> Path:
    """Where a program with our plugin says at which port it listens, and with what token."""
    return settings_folder() / "listeners"


def sent_folder() -> Path:
    """Where the files for other programs are written; those may read them late."""
    from platformdirs import user_data_path

    return user_data_path("patterson_gui", appauthor=False) / "sent"
