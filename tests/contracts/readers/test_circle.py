"""The circle: a random model of a page, its text in each form, and the reader gives the model back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.readers.reading import read_page
from contracts.readers.writer import contract_of
from tests.contracts.readers.making import FORMS, MAKERS, Api, Field, read_facts, stated

CASES = [(layout, form) for layout, forms in FORMS.items() for form in forms]
WORDS = (
    "Colour of the hull",
    "Name",
    "What a sailor calls it",
    "Number of masts",
    "The harbour (home)",
    "Length, in feet",
)
NAMES = st.sampled_from(
    ("colour", "hull_id", "required", "type", "Default", "is_required", "mast.height", "sailorName", "string_kind",
     "query", "logo", "schema", "x1", "number_of_masts", "dateOfLaunch", "order_by", "Name", "description")
)  # fmt: skip
BOUNDS = {
    "string": ({"minLength": 1, "maxLength": 12}, {"default": "red"}, {"enum": ["red", "blue", "off-white"]}, {}),
    "integer": ({"minimum": 2}, {"maximum": 500}, {"default": 7}, {"enum": [1, 2, 5]}, {}),
    "number": ({"exclusiveMinimum": 0}, {}),
    "boolean": ({"default": False}, {}),
    "object": ({},), "array": ({},),
}  # fmt: skip


@st.composite
def fields(draw: st.DrawFn, *, dotted: bool = True, plain: bool = False, single: bool = False) -> Field:
    kind = draw(st.sampled_from(("string", "integer", "boolean") if plain else tuple(BOUNDS)))
    says = {} if plain and single else draw(st.sampled_from(BOUNDS[kind]))
    types = (
        (kind,) if single or "enum" in says or "default" in says else draw(st.sampled_from([(kind,), (kind, "null")]))
    )
    items = draw(st.sampled_from([(), ("string",), ("object",)])) if kind == "array" else ()
    name = draw(NAMES.filter(lambda name: dotted or "." not in name))
    return Field(
        name, tuple(types), items, draw(st.booleans()), draw(st.sampled_from(WORDS)), tuple(sorted(says.items()))
    )


def groups(**options: Any) -> st.SearchStrategy[tuple[Field, ...]]:
    return st.lists(fields(**options), min_size=1, max_size=5, unique_by=lambda one: one.name.split(".")[0]).map(tuple)


@st.composite
def apis(draw: st.DrawFn, layout: str, form: str) -> Api:
    single = layout in ("simworkflow", "zendesk") or form == "markdown"
    simple = {"single": single or layout == "kintone"}
    query = draw(groups(dotted=False, plain=layout != "kintone", **simple))
    body = draw(groups(dotted=layout != "kaiten" or form != "x", **simple))
    answer = draw(groups(**simple))
    method = draw(st.sampled_from(("POST", "PUT") if layout != "kintone" else ("POST", "GET")))
    if method == "GET":
        body = ()
    return Api(method=method, query=query, body=body, answer=answer, listed=draw(st.booleans()))


@pytest.mark.parametrize(("layout", "form"), CASES)
def test_the_reader_gives_the_model_back(layout: str, form: str, everything: bool) -> None:
    @settings(
        max_examples=500 if everything else 20, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(apis(layout, form))
    def closes(api: Api) -> None:
        text = MAKERS[layout](api, form)
        page = read_page(text, "boats")
        assert (page.layout, page.form) == (layout, form), text
        assert set(read_facts(page)) == stated(api, layout, form), text
        operation = page.operations[0]
        assert operation.method == api.method
        assert operation.addresses[0].path.endswith(api.path)
        assert operation.addresses[0].server in ("", api.server)
        assert not page.unknown, text
        assert not page.cut, text
        if form == "html":  # a page in one line
            page = read_page(text.replace(">\n<", "><"), "boats", layout)
            assert set(read_facts(page)) == stated(api, layout, form), text
            assert not page.unknown
        contract_of(page, {"file": "boats", "lines": page.total}, "boats")

    closes()
