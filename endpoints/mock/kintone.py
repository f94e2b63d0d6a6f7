"""Kintone as its page describes it: adding records to apps; reading, finding and deleting them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import count
from typing import Any

from endpoints.mock.wire import Answer, Call, RefusedError, is_integer, is_number, now, read_object

LOGIN = base64.b64encode(b"clausewise:mock").decode()
SESSION = "kintone-session"
APP, REQUIRED_APP, GUEST_APP = 1, 2, 3
GUEST_SPACE = "7"
ODD_CODE = "項目_é·ﾃｽﾄ" + "長" * 100
MOST_RECORDS = 100


@dataclass(frozen=True)
class Rights:
    """What the bearer of a token, a password or a session may do."""

    add: bool = True
    edit_records: bool = True
    edit_fields: bool = True
    manage: bool = True


TOKENS = {
    "kintone-full": Rights(),
    "kintone-no-add": Rights(add=False),
    "kintone-no-edit": Rights(edit_records=False),
    "kintone-no-fields": Rights(edit_fields=False),
    "kintone-no-manage": Rights(manage=False),
}


@dataclass(frozen=True)
class Field:
    """A field of an app: its type, its default value, whether it is required, and who may set it."""

    type: str = "text"
    default: Any = ""
    required: bool = False
    settable: bool = True
    managed: bool = False
    restricted: bool = False


_FIELDS: dict[str, Field] = {
    "Text": Field(default="a default text"),
    "Number": Field("number"),
    "Choice": Field("choice", default="one"),
    ODD_CODE: Field(),
    "Restricted": Field(restricted=True),
    "Created_by": Field("user", managed=True),
    "Updated_by": Field("user", managed=True),
    "Created_datetime": Field("datetime", managed=True),
    "Updated_datetime": Field("datetime", managed=True),
    "Lookup_target": Field(settable=False, default="looked up"),
    "Status": Field(settable=False, default="Not started"),
    "Categories": Field("categories", settable=False, default=[]),
    "Calculated": Field("calculated", settable=False, default="0"),
    "Assignee": Field("assignee", settable=False, default=[]),
    "Calculated_text": Field("calculated", settable=False, default="calculated"),
}
_REQUIRED_FIELDS = {**_FIELDS, "Code": Field(required=True)}
APPS = {APP: _FIELDS, REQUIRED_APP: _REQUIRED_FIELDS, GUEST_APP: _FIELDS}
CHOICES = ("one", "two")


class Kintone:
    """Three apps: an ordinary one, one with a required field, and one in a guest space."""

    def __init__(self) -> None:
        self.records: dict[int, dict[int, dict[str, Any]]] = {app: {} for app in APPS}
        self._numbers = count(1)

    def add(self, call: Call) -> Answer:
        """POST /k/v1/records.json and /k/guest/{SpaceID}/v1/records.json."""
        rights = self._authenticate(call)
        body = read_object(call, _invalid)
        app = self._app(call, body.get("app"))
        records = body.get("records")
        if not isinstance(records, list):
            raise _invalid("records must be an array")
        if not 1 <= len(records) <= MOST_RECORDS:
            raise _invalid("records must have 1 to 100 members")
        if not rights.add:
            raise _refused(403, "GAIA_NO01", "No permission to add records.")
        if not rights.edit_records:
            raise _refused(403, "GAIA_NO01", "No permission to edit the records.")
        stored = [self._checked(APPS[app], record, rights) for record in records]
        ids = [next(self._numbers) for _ in stored]
        self.records[app] |= dict(zip(ids, stored, strict=True))
        return Answer(200, {"ids": [str(number) for number in ids], "revisions": ["1"] * len(ids)})

    def read(self, call: Call) -> Answer:
        """GET /k/v1/record.json?app=…&id=…."""
        self._authenticate(call)
        records = self.records[self._app(call, call.query.get("app"))]
        number = call.query.get("id", "")
        if not number.isdecimal() or int(number) not in records:
            raise _refused(404, "GAIA_RE01", "There is no such record.")
        return Answer(200, {"record": _shown(records[int(number)], int(number))})

    def find(self, call: Call) -> Answer:
        """GET /k/v1/records.json?app=…&query=…, with queries of the form `Code = "value"` only."""
        self._authenticate(call)
        records = self.records[self._app(call, call.query.get("app"))]
        code, _, value = call.query.get("query", "").partition(" = ")
        found = [r for r in records.items() if not code or r[1].get(code, {}).get("value") == value.strip('"')]
        return Answer(200, {"records": [_shown(record, number) for number, record in found], "totalCount": None})

    def delete(self, call: Call) -> Answer:
        """DELETE /k/v1/records.json?app=…&ids[0]=…."""
        self._authenticate(call)
        records = self.records[self._app(call, call.query.get("app"))]
        numbers = [value for name, value in call.query.items() if name.startswith("ids[")]
        if not numbers or any(not n.isdecimal() or int(n) not in records for n in numbers):
            raise _refused(404, "GAIA_RE01", "There is no such record.")
        for number in numbers:
            del records[int(number)]
        return Answer(200, {})

    def _authenticate(self, call: Call) -> Rights:
        if call.headers.get("x-cybozu-authorization") == LOGIN:
            return Rights()
        if call.cookies.get("JSESSIONID") == SESSION:
            return Rights()
        rights = TOKENS.get(call.headers.get("x-cybozu-api-token", ""))
        if rights is None:
            raise _refused(401, "CB_AU01", "Please log in.")
        return rights

    def _app(self, call: Call, app: Any) -> int:
        number = int(app) if is_integer(app) or (isinstance(app, str) and app.isascii() and app.isdecimal()) else None
        if number is None:
            raise _invalid("app must be an integer or a string of digits")
        in_guest_space = call.path.get("space") == GUEST_SPACE
        if number not in APPS or in_guest_space != (number == GUEST_APP):
            raise _refused(404, "GAIA_AP01", "There is no such app here.")
        return number

    def _checked(self, fields: dict[str, Field], record: Any, rights: Rights) -> dict[str, Any]:
        """The record as it is stored: what was sent, defaults for the rest, unknown codes left out."""
        if not isinstance(record, dict):
            raise _invalid("a record must be an object")
        for code, sent in record.items():
            if not isinstance(sent, dict):
                raise _invalid("a field must be an object")
            if code in fields:
                self._check_field(code, fields[code], sent, rights)
        for code, field in fields.items():
            if field.required and not record.get(code, {}).get("value"):
                raise _invalid(f"{code} is required")
        return {code: {"value": self._stored(field, record.get(code, {}))} for code, field in fields.items()}

    def _check_field(self, code: str, field: Field, sent: dict[str, Any], rights: Rights) -> None:
        if field.restricted and not rights.edit_fields:
            raise _refused(403, "GAIA_NO01", f"No permission to edit the field {code}.")
        if field.managed and not rights.manage:
            raise _refused(403, "GAIA_NO01", f"No permission to set the field {code}.")
        if not field.settable and field.type != "calculated":  # what is calculated is calculated again, silently
            raise _invalid(f"{code} cannot be set")
        if not _takes(field.type, sent.get("value")):
            raise _invalid(f"{code} does not take this value")

    def _stored(self, field: Field, sent: dict[str, Any]) -> Any:
        if field.settable and "value" in sent:
            return str(sent["value"]) if field.type == "number" and is_number(sent["value"]) else sent["value"]
        if field.type == "user":
            return {"code": "clausewise", "name": "Clausewise"}
        return now(digits=0).replace(".", "") if field.type == "datetime" else field.default


def _takes(kind: str, value: Any) -> bool:
    if kind == "number":
        return value is None or is_number(value) or (isinstance(value, str) and _is_numeral(value))
    if kind == "choice":
        return isinstance(value, str) and value in CHOICES
    if kind == "user":
        return isinstance(value, dict) and isinstance(value.get("code"), str)
    if kind in {"text", "datetime"}:
        return isinstance(value, str)
    return True


def _is_numeral(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return False
    return True


def _shown(record: dict[str, Any], number: int) -> dict[str, Any]:
    return {"$id": {"value": str(number)}, "$revision": {"value": "1"}, **record}


def _invalid(message: str) -> RefusedError:
    return _refused(400, "CB_VA01", message)


def _refused(status: int, code: str, message: str) -> RefusedError:
    return RefusedError(Answer(status, {"code": code, "id": "clausewise", "message": message}))
