"""Makes the documents that come from the types: the OpenAPI file, the task schema, docs/events.md and docs/rest.md.

`python tools/make_docs.py` writes them, `--check` says which are out of date (exit 1).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter

from llm_service import __version__
from llm_service.cli import cli
from llm_service.cli.task_schema import schema_text
from llm_service.core import shapes
from llm_service.core.events import CATALOGUE, TOPICS
from llm_service.core.routes import ROUTES, Route
from llm_service.settings import TABLE

ROOT = Path(__file__).resolve().parent.parent
REF = "#/components/schemas/{model}"


def documents() -> dict[Path, str]:
    """Every generated document by its place."""
    return {
        ROOT / "llm_service/dashboard/openapi.json": json.dumps(openapi(), indent=1) + "\n",
        ROOT / "docs/task.schema.json": schema_text(),
        ROOT / "docs/events.md": events_page(),
        ROOT / "docs/rest.md": rest_page(),
        ROOT / "docs/settings.md": settings_page(),
        ROOT / "docs/cli.md": cli_page(),
    }


def component_schemas() -> dict[str, Any]:
    """The JSON Schemas of all shapes, by name."""
    wanted = {shape for route in ROUTES for shape in (route.shape, route.body) if shape} | {
        event.shape for event in CATALOGUE
    }
    adapters = [(shape.__name__, "serialization", TypeAdapter(shape)) for shape in sorted(wanted, key=_name)]
    adapters.append(("ErrorJson", "serialization", TypeAdapter(shapes.ErrorJson)))
    _, definitions = TypeAdapter.json_schemas(adapters, ref_template=REF)
    return dict(sorted(definitions["$defs"].items()))


def openapi() -> dict[str, Any]:
    """The interface as OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        path = re.sub(r"<(\w+)>", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "llm-service dashboard",
            "version": __version__,
            "description": "The live task board over HTTP. Live events come over Socket.IO, see docs/events.md.",
        },
        "security": [{"bearer": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "llm_service_<instance>"},
            },
            "schemas": component_schemas(),
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": route.about, "responses": {"200": _response(route)}}
    if route.body:
        schema = {"$ref": REF.format(model=route.body.__name__)}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if route.params:
        operation["parameters"] = [
            {
                "name": param.name,
                "in": param.place,
                "required": param.required,
                "description": param.about,
                "schema": {"type": "string"},
            }
            for param in route.params
        ]
    if route.public:
        operation["security"] = []
    for code in (*route.errors, *(() if route.public else (401,))):
        shape = "Ready" if route.path == "/ready" and code == 503 else "ErrorJson"
        operation["responses"][str(code)] = {
            "description": _ERRORS[code],
            "content": {"application/json": {"schema": {"$ref": REF.format(model=shape)}}},
        }
    return operation


_ERRORS = {
    400: "A parameter or a field cannot be used; the error says which and what is allowed.",
    401: "No valid token or login.",
    404: "Nothing of this name is known.",
    403: "Refused.",
    405: "The server that it belongs to has no way to do this.",
    409: "Not possible as things stand; the error says why.",
    413: "The body is too large.",
    415: "The body is of a kind that is not taken.",
    429: "Too much of it waits already; the error says of what.",
    502: "A watched server refused or did not answer; the error says which and why.",
    503: "Not at this moment; the answer says why.",
}


def _response(route: Route) -> dict[str, Any]:
    if route.shape is None:
        return {"description": "The document."}
    schema = {"$ref": REF.format(model=route.shape.__name__)}
    return {"description": _doc(route.shape), "content": {"application/json": {"schema": schema}}}


def events_page() -> str:
    """docs/events.md."""
    schemas = component_schemas()
    parts = [_EVENTS_HEAD.format(topics=", ".join(f"`{topic}`" for topic in TOPICS))]
    for event in CATALOGUE:
        numbered = f"Topic `{event.topic}`, numbered." if event.topic else "Not numbered."
        parts.append(f"### `{event.name}`\n\nSent {event.when}. {numbered}\n\n{_doc(event.shape)}\n")
        parts.append(_fields(schemas[event.shape.__name__]))
    parts.append("## Shapes\n")
    for name in ("CardJson", "MarkJson", "ProblemJson", "Counts", "ColumnJson", "ListedChange", "ActivityEntry"):
        parts.append(f"#### {name}\n\n{schemas[name].get('description', '')}\n\n{_fields(schemas[name])}")
    return "\n".join(parts).rstrip() + "\n"


def rest_page() -> str:
    """docs/rest.md."""
    schemas = component_schemas()
    contents = _contents((_part(route.path), f"{route.method} {route.path}") for route in ROUTES)
    parts = [_REST_HEAD, contents]
    for route in ROUTES:
        parts.append(f"### `{route.method} {route.path}`\n\n{route.about}\n")
        if route.params:
            rows = [f"| `{param.name}` | {param.about} |" for param in route.params]
            parts.append("\n".join(["| parameter | meaning |", "|---|---|", *rows]) + "\n")
        if route.shape:
            parts.append(_fields(schemas[route.shape.__name__]))
        if route.errors:
            parts.append("\n".join(f"- {code}: {_ERRORS[code]}" for code in route.errors) + "\n")
    return "\n".join(parts).rstrip() + "\n"


def settings_page() -> str:
    """docs/settings.md."""
    rows = ["| name | flag | variable | default | allowed | meaning |", "|---|---|---|---|---|---|"]
    for row in TABLE.values():
        default = "none" if row.default in (None, ()) else str(row.default).lower()
        place = " Not in a project file." if row.not_in_project else ""
        allowed = (row.kind.allowed or "").replace("|", "\\|")
        flag = "–" if row.flagless else f"`{row.flag}`"
        ways = f"{flag} | –" if row.file_only else f"{flag} | `{row.env}`"
        rows.append(f"| `{row.name}` | {ways} | {default} | {allowed} | {row.help}{place} |")
    return _SETTINGS_HEAD + "\n".join(rows) + "\n"


def cli_page() -> str:
    """docs/cli.md: the help of every command."""
    paths = [path for path, _ in _commands("llm-service", cli)]
    parts = [_CLI_HEAD, _contents((path.split()[1], path) for path in paths if " " in path)]
    for path, command in _commands("llm-service", cli):
        context = click.Context(command, info_name=path, max_content_width=100, terminal_width=100)
        parts.append(f"## `{path}`\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts).rstrip() + "\n"


def _contents(headings: Iterable[tuple[str, str]]) -> str:
    """What a long page has, as links: a line for each group, in the order of the page."""
    groups: dict[str, list[str]] = {}
    for group, heading in headings:
        # The anchor that a forge makes of a heading.
        anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        groups.setdefault(group, []).append(f"[`{heading.removeprefix('llm-service ')}`](#{anchor})")
    return "\n".join(f"- {group}: {', '.join(links)}" for group, links in groups.items()) + "\n"


def _part(path: str) -> str:
    """What a route is about, as its path names it."""
    first, *rest = path.strip("/").split("/")
    return rest[0] if first == "api" else "server"


def _commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in sorted(command.commands.items()):
            yield from _commands(f"{path} {name}", inner)


def _fields(schema: dict[str, Any]) -> str:
    if schema.get("type") == "array":
        return f"A {_type(schema)}.\n"
    rows = ["| field | type |", "|---|---|"]
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        optional = "" if name in required else " (not always there)"
        rows.append(f"| `{name}` | {_type(field)}{optional} |")
    return "\n".join(rows) + "\n" if len(rows) > 2 else "No fields.\n"


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return field["$ref"].rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(_type(option) for option in field["anyOf"])
    kind = field.get("type", "any")
    if kind == "array":
        return f"list of {_type(field['items'])}"
    if kind == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"mapping to {_type(field['additionalProperties'])}"
    return {"integer": "whole number", "string": "text"}.get(kind, kind)


def _doc(shape: type) -> str:
    return " ".join((shape.__doc__ or "").split())


def _name(shape: type) -> str:
    return shape.__name__


_EVENTS_HEAD = """# Events

<!-- Made by tools/make_docs.py from llm_service/core/events.py and shapes.py; a test compares them. -->

Socket.IO 4 (protocol 5), namespace `/dashboard`, path `/socket.io/`. Log in with the cookie of the page or with the
header `Authorization: Bearer <token>` (python-socketio: with `transports=["websocket"]`, or it sends the header only
once). Every event carries one JSON object.

**Numbered events** belong to a topic ({topics}, and of one thing `run:<key>` and `job:<key>`)
and begin with four fields: `epoch` (random for each start of the server), `topic`, `seq` (counts up by one within the
topic) and `at` (ISO 8601 UTC with milliseconds). Apply them so:

- `seq` you have already: ignore it.
- `seq` is the next: apply it.
- a hole, or another `epoch`: `subscribe` again without a position; a snapshot comes.

**From the client**, each answered by an acknowledgement:

| event | data | acknowledgement |
|---|---|---|
| `subscribe` | `{{topic, epoch?, seq?}}` | `{{ok: true, epoch, seq}}` or `{{ok: false, error}}` |
| `unsubscribe` | `{{topic}}` | `{{ok: true}}` or `{{ok: false, error}}` |
| `ping` | nothing | `{{ok: true, timestamp}}`, and the event `pong` |

With `epoch` and `seq` of the last event you applied, `subscribe` replays what you missed, as long as it is kept (the
last 1,000 events of a topic); without, or too late, it sends `<topic>.snapshot`. Both may arrive before the
acknowledgement. On connect the same can be said for several topics at once in the Socket.IO `auth`:
`{{"topics": {{"board": {{"epoch": "…", "seq": 41}}, "activity": {{}}}}}}`. A client that sends no such `auth` joins all
topics from now on, without a snapshot.

A snapshot holds the first 100 cards of each column; everything else is at [`/api/board` and `/api/tasks`](rest.md),
whose answers carry `epoch` and `seq` too: fetch, then apply the events that are newer.

`task.assigned` and the other `task.*` events carry `old_status`, `new_status`, `old_column`, `old_agent` and
`old_path` only when the file moved.

## Events by name
"""

_SETTINGS_HEAD = """# Settings

<!-- Made by tools/make_docs.py from llm_service/settings.py; a test compares them. -->

The first of these that names a setting decides: a flag, an environment variable, `llm-service.toml` in the working
directory or above it (up to the repository's root), the user's file (`~/.config/llm-service/llm-service.toml` on
Linux), the default. `llm-service config show --origin` prints every value and where it came from. A value that cannot
be used ends the start with one line and exit code 2.

```toml
# llm-service.toml
port = 8090
watch_dir = "work/collaboration"
rescan_s = 10
```

The token itself is no setting: it lies in the state directory, or comes from `LLM_SERVICE_TOKEN` or the file that
`LLM_SERVICE_TOKEN_FILE` names.

"""

_CLI_HEAD = """# Command line

<!-- Made by tools/make_docs.py from the commands themselves; a test compares them. -->

Every command answers `--help` (`-h`). Commands with `--json` print one JSON value for scripts. An error is one line;
`--log-level debug` shows what is behind it. Exit codes: 0 done, 1 not done, 2 a setting or an argument cannot be used,
3 the port that was asked for is taken.
"""

_REST_HEAD = """# REST

<!-- Made by tools/make_docs.py from llm_service/core/routes.py and shapes.py; a test compares them. -->

Everything but `/health` and `/login` needs the token: `Authorization: Bearer $(cat TOKEN_FILE)` or the login cookie.
`llm-service dashboard status` says where the token file is. A refusal is `{"error": "one sentence"}`. The same as
OpenAPI 3.1 is served at `/openapi.json`, and as a page at `/docs`. All times are ISO 8601 UTC.
"""


def main() -> int:
    """Write, or with ``--check`` compare, the documents."""
    check = "--check" in sys.argv[1:]
    stale = []
    for path, text in documents().items():
        if check and (not path.exists() or path.read_text() != text):
            stale.append(str(path.relative_to(ROOT)))
        elif not check:
            path.write_text(text)
    if stale:
        print(f"out of date, run `make docs`: {', '.join(stale)}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
