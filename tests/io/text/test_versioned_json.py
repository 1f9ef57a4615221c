import json
from typing import Any

import pytest
from pydantic import BaseModel, Field

from patterson_gui.errors import UserError
from patterson_gui.io.text.versioned_json import VersionedFormat


class _Note(BaseModel):
    text: str = Field(max_length=5)


NOTES = VersionedFormat(
    _Note, "note", 2, is_not="is no note", choose="choose a .note file", again="write it again"
)


def content(**values: Any) -> bytes:
    return json.dumps({"format": "note", "schema_version": 2, "text": "a"} | values).encode()


@pytest.mark.parametrize("version", [1, 2])
def test_reads_this_version_and_older_ones(version: int) -> None:
    assert NOTES.parse(content(schema_version=version), "a.note").text == "a"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (content(format="letter"), "a.note is no note: choose a .note file."),
        (b"[]", "a.note is no note: choose a .note file."),
        (
            content(schema_version=3),
            "a.note was saved by a newer version of patterson_gui (its version is 3, known is 2): "
            "update the program.",
        ),
    ],
)
def test_refuses_other_formats_and_later_versions(text: bytes, sentence: str) -> None:
    with pytest.raises(UserError) as told:
        NOTES.parse(text, "a.note")
    assert str(told.value) == sentence


def test_says_what_is_damaged() -> None:
    with pytest.raises(UserError, match=r"^a\.note is no note or is damaged \(.*\): choose anot"):
        NOTES.parse(b"{", "a.note")
    with pytest.raises(UserError, match=r"^a\.note is damaged \(text: .*\): write it again\.$"):
        NOTES.parse(content(text="too long"), "a.note")
