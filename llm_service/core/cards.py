"""From a file's content and its folder to the card: what the folder says counts, what disagrees is marked."""

from __future__ import annotations

from llm_service.core.paths import Place
from llm_service.core.taskfile import known_status
from llm_service.core.tasks import Card, Column, FileStamp, FileState, Mark, Problem, Status, TaskContent

_AT_HOME = {
    Column.INBOX: {Status.NEW},
    Column.ASSIGNED: {Status.ASSIGNED, Status.IN_PROGRESS, Status.BLOCKED, Status.ERROR},
    Column.DONE: {Status.DONE, Status.ERROR},
}
FOLDER_STATUS = {Column.INBOX: Status.NEW, Column.ASSIGNED: Status.ASSIGNED, Column.DONE: Status.DONE}
_FOLDER_NAMES = {Column.INBOX: "inbox/", Column.ASSIGNED: "assigned/", Column.DONE: "done/"}


def make_card(
    path: str,
    where: Place,
    stamp: FileStamp,
    content: TaskContent | None,
    *,
    state: FileState = FileState.OK,
    problem: Problem | None = None,
    shared: bool = False,
) -> Card:
    """The card of one file. `shared` says that another file holds the same id."""
    status = FOLDER_STATUS[where.column]
    agent = where.agent
    marks: list[Mark] = []
    if content is not None:
        marks.extend(content.marks)
        if where.agent is None:
            agent = content.agent
        elif content.agent and content.agent != where.agent:
            reason = f"the folder says {where.agent}; the folder counts"
            marks.append(Mark("agent", content.agent, reason, content.agent_line))
        written = known_status(content.status) if content.status else None
        if written in _AT_HOME[where.column]:
            status = written
        elif written is not None:
            reason = f"the file lies in {_FOLDER_NAMES[where.column]}; the folder counts"
            marks.append(Mark("status", content.status or "", reason, content.status_line))
        if shared:
            # Which files, the dialog tells: naming them here would change every twin's card with each newcomer.
            marks.append(Mark("id", content.id, "another file has the same id"))
    return Card(path, where.column, agent, stamp, state, content, problem, status, tuple(marks))
