import pytest

from patterson_gui.io.text.plain_json import parse_json


def test_reads_json() -> None:
    assert parse_json('{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}
    assert parse_json(b"3") == 3


@pytest.mark.parametrize("depth", [101, 900, 100_000])
def test_rejects_what_is_nested_too_deeply(depth: int) -> None:
    for text in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
        with pytest.raises(ValueError, match="nested too deeply"):
            parse_json(text)


@pytest.mark.parametrize("text", ["", "{", b"\xff\xfe", "9" * 5000, "nul"])
def test_other_text_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)
