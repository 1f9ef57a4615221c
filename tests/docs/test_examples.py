"""The examples in the docstrings of the public names, carried out."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import patterson_gui as pg

NAMES = [name for name in pg.__all__ if not name.startswith("_")]


def examples(name):
    thing = getattr(pg, name)
    module = importlib.import_module(pg._HOMES[name])
    return [
        test for test in doctest.DocTestFinder(recurse=True).find(thing, name, module)
        if test.examples
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_runs_the_examples_of_the_docstrings(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for test in examples(name):
        report = []
        runner.run(test, out=report.append)
        assert runner.failures == 0, "".join(report)


@pytest.mark.parametrize("name", [n for n in NAMES if inspect.isfunction(getattr(pg, n))])
def test_every_public_function_documents_an_example_and_its_errors(name):
    function = getattr(pg, name)
    assert examples(name), f"{name} has no example"
    assert function.__doc__.splitlines()[0].endswith((".", ":"))
    takes = list(inspect.signature(function).parameters)
    if takes:
        assert "Parameters\n" in function.__doc__
        assert "Raises\n" in function.__doc__
    for parameter in takes:
        assert parameter in function.__doc__, f"{name} does not explain {parameter}"


def test_every_public_method_has_a_docstring():
    for name in NAMES:
        for label, member in vars(getattr(pg, name)).items():
            if not label.startswith("_") and callable(member):
                assert member.__doc__, f"{name}.{label}"


def test_public_names_come_from_modules_of_the_package():
    root = Path(pg.__file__).parent
    for home in pg._HOMES.values():
        assert root.joinpath(*home.split(".")[1:]).with_suffix(".py").is_file()
