"""Attio as its page describes it: creating records; and, outside the page, reading, listing and deleting them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from endpoints.mock.attio_query import FilterError, found
from endpoints.mock.wire import Answer, Call, RefusedError, is_number, now, read_object

TOKEN, TOKEN_NARROW = "attio-full", "attio-read-only"
NAMESPACE = UUID("b6a9b0c4-5b8e-4a37-8f0e-2a4f2a8a7a02")
WORKSPACE = str(uuid5(NAMESPACE, "workspace"))
OBJECT_SLUG, OBJECT_ID = "people", str(uuid5(NAMESPACE, "people"))
TOKEN_ACTOR = str(uuid5(NAMESPACE, "token"))
OPTIONS = ("Select option 1", "Select option 2", "Select option 3")


@dataclass(frozen=True)
class Attribute:
    """An attribute of the one object: its id, slug and type, and whether it takes many values or unique ones."""

    id: str
    slug: str
    type: str
    multi: bool = False
    unique: bool = False

    def takes(self, value: Any) -> bool:
        """Whether one value is of the attribute's type."""
        if self.type == "number":
            return is_number(value)
        if self.type == "checkbox":
            return isinstance(value, bool)
        if self.type == "select":
            return isinstance(value, str) and value in OPTIONS
        return isinstance(value, str)

    def described(self) -> dict[str, Any]:
        """The attribute as a list of attributes has it."""
        return {
            "id": {"workspace_id": WORKSPACE, "object_id": OBJECT_ID, "attribute_id": self.id},
            "title": self.slug.replace("_", " ").capitalize(),
            "api_slug": self.slug,
            "type": self.type,
            "is_writable": True,
            "is_required": False,
            "is_unique": self.unique,
            "is_multiselect": self.multi,
            "is_archived": False,
        }

    def shown(self, value: Any) -> dict[str, Any]:
        """What a value of the attribute is read as, beside what all values have."""
        if self.type != "select":
            return {"value": value}
        option_id = str(uuid5(NAMESPACE, f"{self.id} {value}"))
        parents = {"workspace_id": WORKSPACE, "object_id": OBJECT_ID, "attribute_id": self.id}
        return {"option": {"id": {**parents, "option_id": option_id}, "title": value, "is_archived": False}}


ATTRIBUTES = (
    Attribute("41252299-f8c7-4b5e-99c9-4ff8321d2f96", "notes", "text"),
    Attribute(str(uuid5(NAMESPACE, "multi")), "multiselect_attribute", "select", multi=True),
    Attribute(str(uuid5(NAMESPACE, "stage")), "stage", "select"),
    Attribute(str(uuid5(NAMESPACE, "email")), "email_address", "text", unique=True),
    Attribute(str(uuid5(NAMESPACE, "score")), "score", "number"),
    Attribute(str(uuid5(NAMESPACE, "active")), "is_active", "checkbox"),
)
_BY_NAME = {name: attribute for attribute in ATTRIBUTES for name in (attribute.id, attribute.slug)}


class Attio:
    """One workspace with one object, people."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self._taken: dict[tuple[str, Any], str] = {}
        self._numbers = count(1)

    def create(self, call: Call) -> Answer:
        """POST /v2/objects/{object}/records."""
        if self._authenticate(call) == TOKEN_NARROW:
            raise _refused(403, "missing_scope", "The token lacks the scope record_permission:read-write.")
        self._check_object(call)
        values = self._checked_values(call)
        self._check_unique(values)
        record = self._new_record(values)
        self.records[record["id"]["record_id"]] = record
        return Answer(200, {"data": record})

    def list_records(self, call: Call) -> Answer:
        """POST /v2/objects/{object}/records/query, whose body filters, sorts and pages."""
        self._authenticate(call)
        self._check_object(call)
        try:
            records = found(read_object(call, _invalid), list(self.records.values()), _BY_NAME)
        except FilterError as error:
            raise _refused(400, "filter_error", str(error)) from error
        return Answer(200, {"data": records})

    def read(self, call: Call) -> Answer:
        """GET /v2/objects/{object}/records/{id}."""
        self._authenticate(call)
        self._check_object(call)
        return Answer(200, {"data": self._known(call)})

    def delete(self, call: Call) -> Answer:
        """DELETE /v2/objects/{object}/records/{id}."""
        self._authenticate(call)
        self._check_object(call)
        record = self._known(call)["id"]["record_id"]
        del self.records[record]
        self._taken = {taken: owner for taken, owner in self._taken.items() if owner != record}
        return Answer(200, {})

    def describe_attributes(self, call: Call) -> Answer:
        """GET /v2/objects/{object}/attributes."""
        self._authenticate(call)
        self._check_object(call)
        own = [one.described() for one in ATTRIBUTES]
        creator = Attribute(str(uuid5(NAMESPACE, "created by")), "created_by", "actor-reference").described()
        return Answer(200, {"data": [*own, {**creator, "is_writable": False}]})

    def describe_options(self, call: Call) -> Answer:
        """GET /v2/objects/{object}/attributes/{attribute}/options."""
        self._authenticate(call)
        self._check_object(call)
        attribute = _BY_NAME.get(call.path["attribute"])
        if attribute is None or attribute.type != "select":
            raise _refused(404, "not_found", "There is no such select attribute.")
        return Answer(200, {"data": [attribute.shown(option)["option"] for option in OPTIONS]})

    def _authenticate(self, call: Call) -> str:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in {TOKEN, TOKEN_NARROW}:
            raise _refused(401, "unauthorized", "The token is not valid.")
        return token

    def _check_object(self, call: Call) -> None:
        if call.path["object"] not in {OBJECT_SLUG, OBJECT_ID}:
            raise _refused(404, "not_found", "There is no such object.")

    def _known(self, call: Call) -> dict[str, Any]:
        if call.path["id"] not in self.records:
            raise _refused(404, "not_found", "There is no such record.")
        return self.records[call.path["id"]]

    def _checked_values(self, call: Call) -> dict[str, list[Any]]:
        body = read_object(call, _invalid)
        data = body.get("data")
        values = data.get("values") if isinstance(data, dict) else None
        if not isinstance(values, dict):
            raise _invalid("The body must be an object with data.values.")
        checked: dict[str, list[Any]] = {}
        for name, value in values.items():
            attribute = _BY_NAME.get(name)
            if attribute is None:
                raise _invalid(f"There is no attribute {name}.")
            checked[attribute.slug] = self._checked_members(attribute, value)
        return checked

    def _checked_members(self, attribute: Attribute, value: Any) -> list[Any]:
        members = value if isinstance(value, list) else [] if value is None else [value]
        if len(members) > 1 and not attribute.multi:
            raise _invalid(f"{attribute.slug} takes one value.")
        if not all(attribute.takes(member) for member in members):
            raise _invalid(f"{attribute.slug} takes values of the type {attribute.type}.")
        return members

    def _check_unique(self, values: dict[str, list[Any]]) -> None:
        for attribute in ATTRIBUTES:
            for member in values.get(attribute.slug, []):
                if attribute.unique and (attribute.slug, member) in self._taken:
                    raise _refused(400, "validation_type", f"Another record has this {attribute.slug}.")

    def _new_record(self, values: dict[str, list[Any]]) -> dict[str, Any]:
        record_id = str(uuid5(NAMESPACE, f"record {next(self._numbers)}"))
        created = now(digits=9)
        common = {
            "active_from": created,
            "active_until": None,
            "created_by_actor": {"type": "api-token", "id": TOKEN_ACTOR},
        }
        shown: dict[str, list[dict[str, Any]]] = {}
        for attribute in ATTRIBUTES:
            members = values.get(attribute.slug, [])
            shown[attribute.slug] = [
                {**common, "attribute_type": attribute.type, **attribute.shown(m)} for m in members
            ]
            if attribute.unique:
                self._taken |= {(attribute.slug, member): record_id for member in members}
        actor = {"referenced_actor_type": "api-token", "referenced_actor_id": TOKEN_ACTOR}
        shown["created_by"] = [{**common, "attribute_type": "actor-reference", **actor}]
        return {
            "id": {"workspace_id": WORKSPACE, "object_id": OBJECT_ID, "record_id": record_id},
            "created_at": created,
            "web_url": f"https://app.attio.com/clausewise/person/{record_id}",
            "values": shown,
        }


def _invalid(message: str) -> RefusedError:
    return _refused(400, "validation_type", message)


def _refused(status: int, code: str, message: str) -> RefusedError:
    body = {"status_code": status, "type": "invalid_request_error", "code": code, "message": message}
    return RefusedError(Answer(status, body))
