"""Reads models: registry, leaderboard, evaluations and what lies on machines, each list failing alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from llm_service.clients.errors import BadAnswer, NotThere
from llm_service.core.bobspark_ops.model_rows import eval_rows, joined, local_models, registry_rows
from llm_service.core.operations.model_shapes import EvalRun, LocalModel, ModelRow, Models
from llm_service.errors import LlmServiceError
from llm_service.sources.bobspark_ops.remembered import Remembered
from llm_service.sources.bobspark_ops.site import Site, ahead_s
from llm_service.sources.bobspark_ops.together import Outcome, together, troubles

GOOD_S = 60.0
MOST_EVALS = 500


class _List(NamedTuple):
    """One list of models: what it is called when it is missing, and where it lies."""

    name: str
    path: str


REGISTRY = _List("registry", "/api/models/registry")
LEADERBOARD = _List("leaderboard", "/api/models/registry/leaderboard")
EVALS = _List("evals", "/api/evals/")
SPARK = _List("local", "/api/models/")
LINUX = _List("local", "/api/models/linux")
LISTS = (REGISTRY, LEADERBOARD, EVALS, SPARK, LINUX)


class ModelReads:
    """`GET /api/models`. Safe on any thread."""

    def __init__(self, sites: Mapping[str, Site], remembered: Remembered) -> None:
        self._sites = sites
        self._remembered = remembered

    def page(self) -> Models:
        """All models of all servers."""
        read = together({(name, one): self._asking(site, one) for name, site in self._sites.items() for one in LISTS})
        rows: list[ModelRow] = []
        local: list[LocalModel] = []
        evals: list[EvalRun] = []
        failed: list[tuple[str, LlmServiceError | None]] = []
        for name, site in self._sites.items():
            own = {one: read[name, one] for one in LISTS}
            failed += [(name, outcome.error) for outcome in own.values() if not isinstance(outcome.error, NotThere)]
            tested = eval_rows(own[EVALS].value, name, ahead_s(site.client)) or []
            evals += tested
            registered = registry_rows(own[REGISTRY].value, name, ranked=False) or []
            rows += joined(registered, registry_rows(own[LEADERBOARD].value, name, ranked=True) or [], tested)
            local += local_models(own[SPARK].value, name, "spark") or []
            local += local_models(own[LINUX].value, name, "linux") or []
        return {
            "models": rows,
            "local": local,
            "evals": sorted(evals, key=lambda one: one["at"] or "", reverse=True)[:MOST_EVALS],
            "missing": _missing(read),
            "troubles": troubles(failed),
        }

    def _asking(self, site: Site, one: _List) -> Callable[[], Any]:
        def ask() -> Any:
            value = site.client.get(one.path).value
            if not isinstance(value, (list, dict)):
                raise BadAnswer(f"{site.name}: GET {one.path} answered 200 without a list", 200)
            return value

        return lambda: self._remembered.get(("models", site.name, one.path), GOOD_S, ask)


def _missing(read: Mapping[tuple[str, _List], Outcome[Any]]) -> list[str]:
    """What no server has, by its name; of two lists of one name both."""
    names = dict.fromkeys(one.name for one in LISTS)
    there = {one.name for (_, one), outcome in read.items() if not isinstance(outcome.error, NotThere)}
    return [name for name in names if read and name not in there]
