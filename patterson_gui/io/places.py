"""Folders of the program: settings, crashes, sessions, ports of plugins, files that are sent."""

import os
from pathlib import Path

SETTINGS_FILE = "settings.json"  # in the settings folder


def settings_folder() -> Path:
    """The folder of the settings; the environment variable PATTERSON_GUI_CONFIG changes it."""
    override = os.environ.get("PATTERSON_GUI_CONFIG")
    if override:
        return Path(override)
    from platformdirs import user_config_path

    return user_config_path("patterson_gui", appauthor=False)


def crashes_folder() -> Path:
    """The folder of the reports of crashes; PATTERSON_GUI_CONFIG puts it beside the settings."""
    if os.environ.get("PATTERSON_GUI_CONFIG"):
        return settings_folder() / "crashes"
    from platformdirs import user_state_path

    return user_state_path("patterson_gui", appauthor=False) / "crashes"


def sessions_folder() -> Path:
    """The folder of the sessions that are saved automatically; PATTERSON_GUI_CONFIG puts it beside
    the settings."""
    if os.environ.get("PATTERSON_GUI_CONFIG"):
        return settings_folder() / "sessions"
    from platformdirs import user_state_path

    return user_state_path("patterson_gui", appauthor=False) / "sessions"


def listeners_folder() -> Path:
    """The folder where our plugins in other programs write their port and token."""
    return settings_folder() / "listeners"


def sent_folder() -> Path:
    """The folder of the files sent to other programs, which may read them later."""
    from platformdirs import user_data_path

    return user_data_path("patterson_gui", appauthor=False) / "sent"
