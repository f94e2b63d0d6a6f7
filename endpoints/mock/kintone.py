"""Kintone as its page describes it: adding records to apps; and, outside the page, reading, finding, deleting them."""

from __future__ import annotations

import base64
import re
from dataclasses import astuple, dataclass
from itertools import count
from typing import Any

from endpoints.mock.kintone_query import QueryError, parse_query
from endpoints.mock.wire import Answer, Call, RefusedError, is_integer, is_number, now, read_object

USER, PASSWORD = "clausewise", "kintone-password"
LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
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
    """A field of an app: kintone's name of its type, its default value, whether it is required, who may set it."""

    type: str = "SINGLE_LINE_TEXT"
    default: Any = ""
    required: bool = False
    settable: bool = True
    managed: bool = False
    restricted: bool = False
    calculated: bool = False
    fills: str = ""  # of a lookup: the field that gets a value from the record that is looked up

    def described(self, code: str) -> dict[str, Any]:
        """The field as a form has it; numbers are texts, and empty ones say that there is no bound."""
        known = {"type": self.type, "code": code, "label": code.replace("_", " "), "required": self.required}
        if self.type == "DROP_DOWN":
            options = {name: {"label": name, "index": str(number)} for number, name in enumerate(CHOICES)}
            return {**known, "options": options, "defaultValue": self.default}
        if self.type == "NUMBER":
            return {**known, "unique": False, "minValue": "", "maxValue": "", "defaultValue": self.default}
        if self.type != "SINGLE_LINE_TEXT":
            return known
        if self.fills:
            return {**known, "lookup": {"fieldMappings": [{"field": self.fills, "relatedField": "Name"}]}}
        text = {"unique": False, "minLength": "", "maxLength": "", "defaultValue": self.default}
        return {**known, **text, "expression": "Text" if self.calculated else ""}


_FIELDS: dict[str, Field] = {
    "Text": Field(default="a default text"),
    "Number": Field("NUMBER"),
    "Choice": Field("DROP_DOWN", default="one"),
    ODD_CODE: Field(),
    "Restricted": Field(restricted=True),
    "Created_by": Field("CREATOR", managed=True),
    "Updated_by": Field("MODIFIER", managed=True),
    "Created_datetime": Field("CREATED_TIME", managed=True),
    "Updated_datetime": Field("UPDATED_TIME", managed=True),
    "Lookup": Field(fills="Lookup_target"),
    "Lookup_target": Field(settable=False, default="looked up"),
    "Status": Field("STATUS", settable=False, default="Not started"),
    "Categories": Field("CATEGORY", settable=False, default=[]),
    "Calculated": Field("CALC", settable=False, default="0", calculated=True),
    "Assignee": Field("STATUS_ASSIGNEE", settable=False, default=[]),
    "Calculated_text": Field(settable=False, default="calculated", calculated=True),
}
_REQUIRED_FIELDS = {**_FIELDS, "Code": Field(required=True)}
APPS = {APP: _FIELDS, REQUIRED_APP: _REQUIRED_FIELDS, GUEST_APP: _FIELDS}
CHOICES = ("one", "two")
_DIGITS = re.compile(r"[0-9]{1,30}")
_INDEXED = re.compile(r"(\w+)\[(\d+)\]")  # how URLs write lists: ids[0]=1&ids[1]=2


class Kintone:
    """Three apps: an ordinary one, one with a required field, and one in a guest space."""

    def __init__(self) -> None:
        self.records: dict[int, dict[int, dict[str, Any]]] = {app: {} for app in APPS}
        self._numbers = count(1)

    def add(self, call: Call) -> Answer:
        """POST /k/v1/records.json and /k/guest/{SpaceID}/v1/records.json.

        With a header POST stands for GET, which clients use for queries that are too long for a URL.
        """
        if call.headers.get("x-http-method-override", "").upper() == "GET":
            return self.find(call)
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

    def add_one(self, call: Call) -> Answer:
        """POST /k/v1/record.json: the same of a single record."""
        body = read_object(call, _invalid)
        answer = self.add(call.with_body({"app": body.get("app"), "records": [body.get("record", {})]}))
        return Answer(200, {"id": answer.body["ids"][0], "revision": answer.body["revisions"][0]})

    def read(self, call: Call) -> Answer:
        """GET /k/v1/record.json with `app` and `id`."""
        self._authenticate(call)
        sent = _parameters(call, {"app", "id"})
        app = self._app(call, sent.get("app"))
        return Answer(200, {"record": _shown(app, self._known(app, [sent.get("id")])[0], self.records[app])})

    def find(self, call: Call) -> Answer:
        """GET /k/v1/records.json with `app`, and with `query`, `fields` and `totalCount` if wanted."""
        self._authenticate(call)
        sent = _parameters(call, {"app", "query", "fields", "totalCount"})
        app = self._app(call, sent.get("app"))
        types = {"$id": "__ID__", "$revision": "__REVISION__", **{c: f.type for c, f in APPS[app].items()}}
        try:
            query = parse_query(sent.get("query") or "", types)
        except QueryError as error:
            raise _refused(400, error.code, str(error)) from error
        found = query.found([_shown(app, number, self.records[app]) for number in self.records[app]])
        fields = sent.get("fields") or list(types)
        if not isinstance(fields, list) or not set(fields) <= set(types):
            raise _invalid("fields must be a list of field codes of the app")
        wanted = sent.get("totalCount") in {True, "true"}
        return Answer(
            200,
            {
                "records": [{code: record[code] for code in fields} for record in query.page(found)],
                "totalCount": str(len(found)) if wanted else None,
            },
        )

    def describe_form(self, call: Call) -> Answer:
        """GET /k/v1/app/form/fields.json with `app`: what each field takes."""
        self._authenticate(call)
        app = self._app(call, _parameters(call, {"app", "lang"}).get("app"))
        described = {code: field.described(code) for code, field in APPS[app].items()}
        return Answer(200, {"properties": described, "revision": "1"})

    def delete(self, call: Call) -> Answer:
        """DELETE /k/v1/records.json with `app` and `ids`, and with the `revisions` that they must have if wanted."""
        self._authenticate(call)
        sent = _parameters(call, {"app", "ids", "revisions"})
        app = self._app(call, sent.get("app"))
        ids = sent.get("ids")
        if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_RECORDS:
            raise _invalid("ids must have 1 to 100 members")
        numbers = self._known(app, ids)
        if any(str(revision) not in {"1", "-1"} for revision in sent.get("revisions") or []):
            raise _refused(409, "GAIA_CO02", "The revision is not the latest.")
        for number in set(numbers):
            del self.records[app][number]
        return Answer(200, {})

    def _authenticate(self, call: Call) -> Rights:
        if call.headers.get("x-cybozu-authorization") == LOGIN:
            return Rights()
        if call.cookies.get("JSESSIONID") == SESSION:
            return Rights()
        tokens = [token.strip() for token in call.headers.get("x-cybozu-api-token", "").split(",")]
        if not set(tokens) <= set(TOKENS):
            raise _refused(401, "CB_AU01", "Please log in.")
        return Rights(*map(any, zip(*(astuple(TOKENS[token]) for token in tokens), strict=True)))  # each adds its own

    def _app(self, call: Call, app: Any) -> int:
        number = int(app) if is_integer(app) or (isinstance(app, str) and _DIGITS.fullmatch(app)) else None
        if number is None:
            raise _invalid("app must be an integer or a string of digits")
        space = GUEST_SPACE if number == GUEST_APP else None
        if number not in APPS or call.path.get("space") != space:
            raise _refused(404, "GAIA_AP01", "There is no such app here.")
        return number

    def _known(self, app: int, ids: list[Any]) -> list[int]:
        """The numbers of records by their ids, which are integers or strings of digits."""
        numbers = [int(one) if _DIGITS.fullmatch(str(one)) else 0 for one in ids]
        if any(number not in self.records[app] for number in numbers):
            raise _refused(404, "GAIA_RE01", "There is no such record.")
        return numbers

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
        if not field.settable and not field.calculated:  # what is calculated is calculated again, silently
            raise _invalid(f"{code} cannot be set")
        if not _takes(field.type, sent.get("value")):
            raise _invalid(f"{code} does not take this value")

    def _stored(self, field: Field, sent: dict[str, Any]) -> Any:
        if field.settable and "value" in sent:
            return str(sent["value"]) if field.type == "NUMBER" and is_number(sent["value"]) else sent["value"]
        if field.type in {"CREATOR", "MODIFIER"}:
            return {"code": "clausewise", "name": "Clausewise"}
        return now(digits=0).replace(".", "") if field.type.endswith("_TIME") else field.default


def _takes(kind: str, value: Any) -> bool:
    if kind == "NUMBER":
        return value is None or is_number(value) or (isinstance(value, str) and _is_numeral(value))
    if kind == "DROP_DOWN":
        return isinstance(value, str) and value in CHOICES
    if kind in {"CREATOR", "MODIFIER"}:
        return isinstance(value, dict) and isinstance(value.get("code"), str)
    if kind in {"SINGLE_LINE_TEXT", "CREATED_TIME", "UPDATED_TIME"}:
        return isinstance(value, str)
    return True


def _is_numeral(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return False
    return True


def _shown(app: int, number: int, records: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """A record as it is read: each value beside the type of its field."""
    fields = {code: {"type": APPS[app][code].type, **value} for code, value in records[number].items()}
    meta = {"$id": {"type": "__ID__", "value": str(number)}, "$revision": {"type": "__REVISION__", "value": "1"}}
    return {**meta, **fields}


def _parameters(call: Call, known: set[str]) -> dict[str, Any]:
    """What GET and DELETE ask for: the JSON body if there is one, else the URL's query, with its lists."""
    sent: dict[str, Any] = read_object(call, _invalid) if call.content else {}
    for name, value in {} if call.content else call.query.items():
        indexed = _INDEXED.fullmatch(name)
        if indexed:
            sent.setdefault(indexed[1], []).append(value)
        else:
            sent[name] = value
    if set(sent) - known:
        raise _invalid(f"the mock does not know {', '.join(sorted(set(sent) - known))}")
    return sent


def _invalid(message: str) -> RefusedError:
    return _refused(400, "CB_VA01", message)


def _refused(status: int, code: str, message: str) -> RefusedError:
    return RefusedError(Answer(status, {"code": code, "id": "clausewise", "message": message}))
