"""JSON files with a format and a version, checked against a pydantic model."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from patterson_gui.errors import UserError
from patterson_gui.io.text.plain_json import parse_json

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class VersionedFormat(Generic[M]):
    """A kind of JSON file whose entries `format` and `schema_version` say what it is.

    Attributes
    ----------
    model : of the contents.
    version : the newest one that this program reads; it reads all older ones too.
    is_not : what is said of another file, such as "is not a session".
    choose : what to do then, such as "choose a .pgsession file".
    again : what to do with a damaged file, such as "save it again".
    """

    model: type[M]
    format: str
    version: int
    is_not: str
    choose: str
    again: str

    def parse(self, content: bytes, name: str) -> M:
        """The contents of a file; `name` is the one that messages call it.

        Raises
        ------
        UserError : it is of another format, is damaged, or is of a later version.
        """
        try:
            values = parse_json(content)
        except ValueError as error:
            raise UserError(
                f"{name} {self.is_not} or is damaged ({error}): choose another."
            ) from error
        if not isinstance(values, dict) or values.get("format") != self.format:
            raise UserError(f"{name} {self.is_not}: {self.choose}.")
        version = values.get("schema_version")
        if isinstance(version, int) and version > self.version:
            raise UserError(
                f"{name} was saved by a newer version of patterson_gui (its version is {version}, "
                f"known is {self.version}): update the program."
            )
        try:
            return self.model.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "it"
            raise UserError(
                f"{name} is damaged ({where}: {first['msg'].lower()[:100]}): {self.again}."
            ) from error
