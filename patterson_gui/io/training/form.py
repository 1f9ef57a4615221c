"""The training settings as fields of a form, and the validation of a filled-in form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from patterson_gui.io.training.setting_groups import Range
from patterson_gui.io.training.settings import TrainingSettings, plain_sentence, put


@dataclass(frozen=True)
class FormField:
    """One field of the form.

    Attributes
    ----------
    key : name of the setting, as `TrainingSettings.changed` takes it; 'augmentation.noise' for a
        nested one.
    kind : 'bool', 'int', 'float', 'text', 'choice', 'path', 'range' (two numbers) or 'mapping'.
    optional : whether the field may be empty (None).
    minimum, maximum : limits; None: no limit.
    above : whether the minimum itself is excluded.
    default : None also where there is no default (data set, run folder).
    """

    key: str
    kind: str
    title: str
    description: str
    unit: str
    group: str
    expert: bool
    optional: bool
    default: Any
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    above: bool = False


def form_fields() -> tuple[FormField, ...]:
    """All settings, in the order of the form."""
    return tuple(_fields(TrainingSettings, ""))


def _fields(model: type[BaseModel], prefix: str) -> Iterator[FormField]:
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _fields(inner, f"{prefix}{name}.")
        else:
            yield _field(prefix + name, info)


def _field(key: str, info: FieldInfo) -> FormField:
    annotation: Any = info.annotation
    optional = get_origin(annotation) in (UnionType, Union)
    if optional:
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    literal = get_origin(annotation) is Literal
    kinds = {bool: "bool", int: "int", float: "float", str: "text", Path: "path", Range: "range"}
    limits: dict[str, Any] = {}
    for limit in info.metadata:
        if isinstance(limit, Ge | Gt):
            limits["minimum"] = limit.ge if isinstance(limit, Ge) else limit.gt
            limits["above"] = isinstance(limit, Gt)
        elif isinstance(limit, Le | Lt):
            limits["maximum"] = limit.le if isinstance(limit, Le) else limit.lt
    extra: dict[str, Any] = dict(info.json_schema_extra or {})  # type: ignore[arg-type]
    return FormField(
        key,
        "choice" if literal else kinds.get(annotation, "mapping"),
        info.title or key,
        info.description or "",
        extra["unit"],
        extra["group"],
        extra["expert"],
        optional,
        None if info.default is PydanticUndefined else info.default,
        choices=get_args(annotation) if literal else (),
        **limits,
    )


def problems(values: Mapping[str, Any]) -> dict[str, str]:
    """Validate the values of a form; return a sentence for the key of each invalid field.

    The key '' stands for errors that concern several fields. The result is empty if
    `TrainingSettings` accepts the values.
    """
    nested: dict[str, Any] = {}
    for key, value in values.items():
        put(nested, key, value)
    try:
        TrainingSettings.model_validate(nested)
    except ValidationError as error:
        keys = {field.key for field in form_fields()}
        found: dict[str, str] = {}
        for one in error.errors(include_url=False):
            parts = [str(part) for part in one["loc"]]
            # An error in a range names the number within it; the form has one field for the range.
            while parts and ".".join(parts) not in keys:
                parts.pop()
            found.setdefault(".".join(parts), plain_sentence(one["msg"]))
        return found
    return {}
