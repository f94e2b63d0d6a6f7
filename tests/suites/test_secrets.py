"""No secret in anything that a run writes, although the server echoes it everywhere in every spelling."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.helpers import ROOT, a_tenth, alone, target_file
from tests.hostility import Asked, Pieces, hostile, wire

NAME = "kaiten-create-space"
SECRETS = {"odd": "s3cr/t+Ünï&key\"7='<", "plain": "plain-token-0123456789", "digits": "902640917355128463"}
PADDINGS = {"whole": 0, "cut at a line's end": 150, "cut at a body's end": 19_990}
CASES = [f"{kind}, {cut}" for kind in SECRETS for cut in PADDINGS]


def spellings(secret: str) -> list[str]:
    """How software writes a secret down."""
    octets = secret.encode()
    escaped = "".join(f"\\u{ord(char):04x}" for char in secret)
    encoded = [b64encode(b"x" * offset + octets + b":y").decode() for offset in range(3)]
    return [
        secret, secret.upper(), secret.lower(), json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1],
        secret.replace("/", "\\/"), escaped, escaped.upper().replace("\\U", "\\u"), json.dumps(escaped)[1:-1],
        quote(secret), quote(secret, safe=""), quote_plus(secret), quote(quote(secret)), html.escape(secret),
        "".join(f"&#{ord(char)};" for char in secret), "".join(f"&#x{ord(char):X};" for char in secret),
        octets.hex(), octets.hex().upper(), *encoded, repr(secret)[1:-1], repr(octets)[2:-1],
        "".join(f"%{octet:02x}" for octet in octets),
    ]  # fmt: skip


def forbidden(secret: str) -> list[str]:
    """The spellings that must be nowhere; of Base64, what is the secret's own wherever it lies."""
    octets = secret.encode()
    whole = [one for one in spellings(secret) if "Ong" not in one]
    return [*whole, b64encode(octets).decode()[: len(octets) * 8 // 6].rstrip("=")]


def echoing(secret: str, padding: int = 0) -> Pieces:
    """A server that puts every spelling into bodies, headers, the reason phrase and Location; even as the id."""

    def answering(asked: Asked) -> Pieces:
        said = spellings(secret)
        one = said[asked.number % len(said)].encode()
        headers = [b"Location: /" + one, b"X-RateLimit-" + one.hex().encode() + b": 1", b"Retry-After: " + one]
        headers += [b"Content-Type: application/json; a=" + one, b"Deprecation: " + one]
        body = {"id": secret, "title": "x" * padding + one.decode(), one.decode(): said, "message": said}
        fails = asked.creates and b'"title"' not in asked.body
        status = 400 if fails else 500 if asked.number % 13 == 0 else 200
        yield wire(status, json.dumps(body, ensure_ascii=asked.number % 2 == 0).encode(), *headers).replace(
            b"Whatever", one.replace(b"\n", b""), 1
        )

    return answering  # type: ignore[return-value]


@pytest.mark.parametrize("case", a_tenth(CASES, group=lambda case: case.split(", ")[0]))
def test_no_spelling_of_a_secret_is_in_anything_that_is_written(case: str, tmp_path: Path) -> None:
    kind, _, cut = case.partition(", ")
    secret, padding = SECRETS[kind], PADDINGS[cut]
    with hostile(echoing(secret, padding), "") as url:  # type: ignore[arg-type]
        target = target_file(tmp_path, url, (NAME,))
        (tmp_path / "records").mkdir()
        command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), str(ROOT / "suites")]
        command += ["-rA", "-vv", "--log-level=DEBUG", "-o", "log_cli=true", "--showlocals", "--target", str(target)]
        command += ["--verdicts", "v.json", "--report", "r.html", "--junit", "j.xml", "--junitxml", "p.xml"]
        command += ["--record", "records", "--baseline", "records", "-p", "no:cacheprovider", "--profile", "quick"]
        github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
        environment = {**alone(), "KAITEN_TOKEN": secret, **github}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=120, check=False)
    (tmp_path / "terminal").write_bytes(done.stdout + done.stderr)
    assert done.returncode in {1, 2}, done.stdout[-3000:]
    assert b"$KAITEN_TOKEN" in (tmp_path / "v.json").read_bytes()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {"v.json", "r.html", "j.xml", "p.xml", "summary.md", "terminal"} <= {file.name for file in files}
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        found = [one for one in forbidden(secret) if one in text or one in html.unescape(text)]
        assert not found, f"{file.relative_to(tmp_path)} has {found[:3]}"
        assert secret[:12] not in text, f"{file.relative_to(tmp_path)} has the beginning of it"
