"""A library on FastAPI with SQLite beneath: twelve operations over shelves and their books, as anybody writes one.

Nothing here is made for Clausewise: the description is the one that FastAPI generates. `python -m tests.second.service
PORT` serves it, and `--describe FILE` writes the description.
"""

import json
import sqlite3
import sys
import threading
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from pydantic import BaseModel, ConfigDict, Field

TOKEN = "librarian"
TABLES = """
create table shelves (id integer primary key, name text unique not null, data text not null);
create table books (id text primary key, shelf integer not null references shelves(id), data text not null);
"""


class Subject(StrEnum):
    POEMS = "poems"
    PROSE = "prose"
    MAPS = "maps"


class Problem(BaseModel):
    detail: str


class NewShelf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=3, max_length=60)
    subject: Subject = Subject.PROSE
    capacity: int = Field(default=10, ge=1, le=500)
    width: float | None = Field(default=None, gt=0, le=400, multiple_of=0.5)
    labels: list[Annotated[str, Field(max_length=12)]] = Field(default_factory=list, max_length=4)


class Shelf(NewShelf):
    id: int
    created: datetime


class ChangedShelf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    subject: Subject | None = None
    capacity: int | None = Field(default=None, ge=1, le=500)


class Paper(BaseModel):
    medium: Literal["paper"]
    pages: int = Field(ge=1, le=5000)


class Audio(BaseModel):
    medium: Literal["audio"]
    minutes: int = Field(ge=1)


class NewBook(BaseModel):
    title: str = Field(min_length=1, max_length=80)
    isbn: str | None = Field(default=None, pattern=r"^97[89]-[0-9]{10}$")
    printed: date | None = None
    tags: dict[str, str] = Field(default_factory=dict, max_length=3)
    edition: int | str = 1
    form: Annotated[Paper | Audio, Field(discriminator="medium")] = Paper(medium="paper", pages=100)


class Book(NewBook):
    id: UUID
    shelf_id: int


class ChangedBook(BaseModel):
    title: str | None = Field(default=None, min_length=1, max_length=80)
    printed: date | None = None


class Stats(BaseModel):
    shelves: int
    books: int
    unit: str


class Store:
    """Shelves and books in SQLite; what is not there is answered 404."""

    def __init__(self, file: str = ":memory:") -> None:
        self._base, self._lock = sqlite3.connect(file, check_same_thread=False), threading.Lock()
        self._base.executescript(TABLES)

    def rows(self, words: str, *values: Any) -> list[Any]:
        with self._lock, self._base:
            return self._base.execute(words, values).fetchall()

    def shelf(self, number: int) -> dict[str, Any]:
        found = self.rows("select data from shelves where id = ?", number)
        if not found:
            raise HTTPException(404, "there is no such shelf")
        return {**json.loads(found[0][0]), "id": number}

    def keep_shelf(self, new: NewShelf, created: str, number: int | None = None) -> Shelf:
        data = {**new.model_dump(mode="json"), "created": created}
        values = (number, new.name, json.dumps(data))
        try:
            if number is None:
                number = self.rows("insert into shelves values (?, ?, ?) returning id", *values)[0][0]
            else:
                self.rows("update shelves set name = ?, data = ? where id = ?", *values[1:], number)
        except sqlite3.IntegrityError:
            raise HTTPException(409, "the name is taken") from None
        return Shelf(**data, id=number)

    def book(self, shelf: int, identifier: UUID) -> Book:
        self.shelf(shelf)
        found = self.rows("select data from books where id = ? and shelf = ?", str(identifier), shelf)
        if not found:
            raise HTTPException(404, "there is no such book")
        return Book(**json.loads(found[0][0]))

    def keep_book(self, book: Book) -> Book:
        words = "insert or replace into books values (?, ?, ?)"
        self.rows(words, str(book.id), book.shelf_id, json.dumps(book.model_dump(mode="json")))
        return book

    @property
    def left(self) -> dict[str, int]:
        """How many shelves and books there are."""
        words = "select (select count(*) from shelves), (select count(*) from books)"
        return dict(zip(("shelves", "books"), self.rows(words)[0], strict=True))


def store_of(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def admitted(given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]) -> None:
    if given is None or given.credentials != TOKEN:
        raise HTTPException(401, "a token is missing, or wrong")


Stored = Annotated[Store, Depends(store_of)]
ShelfId = Annotated[int, PathParameter(ge=1, le=2**53)]
Responses = dict[int | str, dict[str, Any]]
REFUSED: Responses = {401: {"model": Problem}}
MISSING: Responses = {404: {"model": Problem, "description": "Something that is not there"}}
TAKEN: Responses = {409: {"model": Problem, "description": "A name that is taken"}}
routes = APIRouter(dependencies=[Depends(admitted)], responses=REFUSED)


@routes.post("/shelves", status_code=201, responses=TAKEN)
def create_shelf(new: NewShelf, response: Response, store: Stored) -> Shelf:
    shelf = store.keep_shelf(new, datetime.now(UTC).isoformat())
    response.headers["Location"] = f"/shelves/{shelf.id}"
    return shelf


@routes.get("/shelves")
def list_shelves(
    store: Stored,
    subject: Subject | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    sort: Annotated[list[Literal["name", "-name"]] | None, Query(max_length=2)] = None,
) -> list[Shelf]:
    found = store.rows("select id, data from shelves order by name")
    shelves = [Shelf(**json.loads(data), id=number) for number, data in found]
    shelves = shelves[::-1] if "-name" in (sort or []) else shelves
    return [one for one in shelves if subject in {None, one.subject}][offset:][:limit]


@routes.get("/shelves/{shelf_id}", responses=MISSING)
def read_shelf(shelf_id: ShelfId, store: Stored) -> Shelf:
    return Shelf(**store.shelf(shelf_id))


@routes.put("/shelves/{shelf_id}", responses={**MISSING, **TAKEN})
def replace_shelf(shelf_id: ShelfId, new: NewShelf, store: Stored) -> Shelf:
    return store.keep_shelf(new, store.shelf(shelf_id)["created"], shelf_id)


@routes.patch("/shelves/{shelf_id}", responses=MISSING)
def change_shelf(shelf_id: ShelfId, change: ChangedShelf, store: Stored) -> Shelf:
    data = {**store.shelf(shelf_id), **change.model_dump(mode="json", exclude_none=True)}
    created = data.pop("created")
    return store.keep_shelf(NewShelf(**{n: v for n, v in data.items() if n != "id"}), created, shelf_id)


@routes.delete("/shelves/{shelf_id}", status_code=204, responses=MISSING)
def delete_shelf(shelf_id: ShelfId, store: Stored) -> None:
    store.shelf(shelf_id)
    store.rows("delete from books where shelf = ?", shelf_id)
    store.rows("delete from shelves where id = ?", shelf_id)


@routes.post("/shelves/{shelf_id}/books", status_code=201, responses=MISSING)
def add_book(shelf_id: ShelfId, new: NewBook, store: Stored) -> Book:
    store.shelf(shelf_id)
    return store.keep_book(Book(**new.model_dump(), id=uuid4(), shelf_id=shelf_id))


@routes.get("/shelves/{shelf_id}/books", responses=MISSING)
def list_books(
    shelf_id: ShelfId, store: Stored, title: Annotated[str | None, Query(max_length=80)] = None
) -> list[Book]:
    store.shelf(shelf_id)
    books = [Book(**json.loads(data)) for (data,) in store.rows("select data from books where shelf = ?", shelf_id)]
    return [one for one in books if title in {None, one.title}]


@routes.get("/shelves/{shelf_id}/books/{book_id}", responses=MISSING)
def read_book(shelf_id: ShelfId, book_id: UUID, store: Stored) -> Book:
    return store.book(shelf_id, book_id)


@routes.patch("/shelves/{shelf_id}/books/{book_id}", responses=MISSING)
def change_book(shelf_id: ShelfId, book_id: UUID, change: ChangedBook, store: Stored) -> Book:
    return store.keep_book(store.book(shelf_id, book_id).model_copy(update=change.model_dump(exclude_none=True)))


@routes.delete("/shelves/{shelf_id}/books/{book_id}", status_code=204, responses=MISSING)
def remove_book(shelf_id: ShelfId, book_id: UUID, store: Stored) -> None:
    store.book(shelf_id, book_id)
    store.rows("delete from books where id = ?", str(book_id))


@routes.get("/stats")
def stats(store: Stored, x_unit: Annotated[Literal["all", "thousands"], Header()] = "all") -> Stats:
    return Stats(**store.left, unit=x_unit)


def application(file: str = ":memory:") -> FastAPI:
    """The service, with a database of its own."""
    app = FastAPI(title="Library", version="1")
    app.include_router(routes)
    app.state.store = Store(file)
    return app


def describe(file: Path) -> None:
    """Write the description that FastAPI generates, as a file for people: JSON with indentation."""
    file.write_text(json.dumps(application().openapi(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1] == "--describe":
        describe(Path(sys.argv[2]))
    else:
        uvicorn.run(application(), port=int(sys.argv[1]), log_level="warning")
