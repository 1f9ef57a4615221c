"""Have PyMOL look for plugins in the user's folder, by a few lines in ~/.pymolpluginsrc.py.

PyMOL itself looks only into its own folder. It runs ~/.pymolpluginsrc.py when it starts, and its
Plugin Manager writes that file anew, with the path of every folder of plugins in a call of
`set_startup_path`, whenever a setting of it changes. So our lines may have become part of such a
call. (Source: pymol/plugins/__init__.py, `initialize` and `pref_save`.)
"""

import ast
import os
from pathlib import Path

from patterson_gui.errors import UserError
from patterson_gui.io.files import replace_file

_BEGIN = "# patterson_gui: begin\n"
_END = "# patterson_gui: end\n"
_LINES = """import pymol.plugins
if {folder!a} not in pymol.plugins.get_startup_path():
    pymol.plugins.set_startup_path([{folder!a}] + pymol.plugins.get_startup_path(True), False)
"""


def settings_file() -> Path:
    """The file that PyMOL runs when it starts, as PyMOL finds it."""
    return Path(os.path.expanduser("~/.pymolpluginsrc.py"))


def is_on_path(folder: Path) -> bool:
    """Whether PyMOL will look for plugins in `folder`."""
    try:
        text = _read()
    except UserError:
        return False
    return _lines_for(folder) in text or any(_has(call, folder) for call in _calls(text))


def add_to_path(folder: Path) -> None:
    """Have PyMOL look for plugins in `folder`; does nothing where it does so already.

    Raises
    ------
    UserError
        when the settings file of PyMOL's plugins cannot be read, understood or written.
    """
    if is_on_path(folder):
        return
    text = _without_our_lines(_read())
    try:
        ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise UserError(
            f"{settings_file()} is not valid Python, so PyMOL loads no plugins: fix or delete it "
            "and install the plugin again."
        ) from error
    if text and not text.endswith("\n"):
        text += "\n"
    _write(text + _lines_for(folder))


def take_from_path(folder: Path) -> None:
    """Undo `add_to_path`, unless other plugins are in `folder`; the rest of the file stays.

    Raises
    ------
    UserError
        when the settings file of PyMOL's plugins cannot be read or written.
    """
    if _has_other_plugins(folder):
        return
    old = _read()
    text = _without_our_lines(old)
    # Last first, so that the places of the others stay right.
    for call in reversed(_calls(text)):
        if _has(call, folder):
            text = _with_list(
                text, call, [path for path in _paths(call) if not _same(path, folder)]
            )
    if text == old:
        return
    if text.strip():
        _write(text)
        return
    try:
        settings_file().unlink()
    except OSError as error:
        raise _cannot_write(error) from error


def _lines_for(folder: Path) -> str:
    return _BEGIN + _LINES.format(folder=str(folder)) + _END


def _without_our_lines(text: str) -> str:
    while _BEGIN in text and _END in text[text.index(_BEGIN) :]:
        begin = text.index(_BEGIN)
        text = text[:begin] + text[text.index(_END, begin) + len(_END) :]
    return text


def _calls(text: str) -> list[ast.Call]:
    """The calls of `set_startup_path` with a list of texts, outside our lines."""
    try:
        tree = ast.parse(_without_our_lines(text))
    except (SyntaxError, ValueError):
        return []
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and ast.unparse(node.func).endswith("set_startup_path")
        and node.args
        and isinstance(node.args[0], ast.List)
        and all(isinstance(part, ast.Constant) for part in node.args[0].elts)
    ]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))


def _paths(call: ast.Call) -> list[str]:
    paths = call.args[0]
    assert isinstance(paths, ast.List)
    return [str(part.value) for part in paths.elts if isinstance(part, ast.Constant)]


def _has(call: ast.Call, folder: Path) -> bool:
    return any(_same(path, folder) for path in _paths(call))


def _same(path: str, folder: Path) -> bool:
    return os.path.normcase(os.path.normpath(path)) == os.path.normcase(os.path.normpath(folder))


def _with_list(text: str, call: ast.Call, paths: list[str]) -> str:
    """The text with the list of one call replaced. Columns of `ast` are bytes of UTF-8."""
    old = call.args[0]
    assert old.end_lineno is not None
    assert old.end_col_offset is not None
    lines = text.encode().splitlines(keepends=True)
    before = b"".join(lines[: old.lineno - 1]) + lines[old.lineno - 1][: old.col_offset]
    after = lines[old.end_lineno - 1][old.end_col_offset :] + b"".join(lines[old.end_lineno :])
    return (before + repr(paths).encode() + after).decode()


def _has_other_plugins(folder: Path) -> bool:
    """Whether something is in the folder that PyMOL takes for a plugin."""
    try:
        return any(
            entry.suffix == ".py" or (entry / "__init__.py").is_file() for entry in folder.iterdir()
        )
    except OSError:
        return False


def _read() -> str:
    """The text of the settings file; empty where there is none."""
    path = settings_file()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path}, which tells PyMOL where plugins are, cannot be read: fix or delete it."
        ) from error


def _write(text: str) -> None:
    with (
        replace_file(settings_file()) as beside,
        beside.open("w", encoding="utf-8", newline="") as f,
    ):
        f.write(text)


def _cannot_write(error: OSError) -> UserError:
    return UserError(
        f"{settings_file()} could not be deleted ({error.strerror}): delete it yourself."
    )
