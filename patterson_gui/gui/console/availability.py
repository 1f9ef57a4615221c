"""Whether the console can be used: its libraries are an optional extra."""

from importlib.util import find_spec

_NEEDED = ("qtconsole", "ipykernel", "jupyter_client")


def console_blocked() -> str | None:
    """Why there is no console, a sentence; None where there is one."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if not missing:
        return None
    return (
        f"The console needs {' and '.join(missing)}: install it with pip install "
        "'patterson-gui[console]'."
    )
