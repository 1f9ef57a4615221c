"""Pages of the guide and the tutorial notebook, carried out as they stand."""

import ast
import doctest
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "docs" / "guide" / "quickstart.md"
SOLVE = ROOT / "docs" / "guide" / "tasks" / "solve.md"
TUTORIAL = ROOT / "docs" / "tutorial.ipynb"


def test_runs_the_quickstart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(
        str(QUICKSTART), module_relative=False, encoding="utf-8", optionflags=doctest.ELLIPSIS
    )
    assert result.failed == 0
    assert result.attempted > 10


def test_runs_the_page_on_solving(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(SOLVE), module_relative=False, encoding="utf-8")
    assert result.failed == 0
    assert result.attempted >= 4


def cells():
    notebook = json.loads(TUTORIAL.read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def carry_out(code, names):
    """Run a cell as a notebook does; returns what its last expression shows."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is None or code.rstrip().endswith(";"):
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_runs_the_tutorial(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    shown = [carry_out(code, names) for code in cells()]
    pictures = [thing._repr_html_() for thing in shown if hasattr(thing, "_repr_html_")]
    assert sum("data:image/png;base64," in html for html in pictures) >= 3
    assert names["result"].solved
    assert names["solved"].verdict == "solved"
    assert (tmp_path / "out" / "prediction.pgz").is_file()


def test_tutorial_is_stored_without_outputs():
    notebook = json.loads(TUTORIAL.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    for cell in notebook["cells"]:
        assert cell["id"]
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
