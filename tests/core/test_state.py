import stat

from llm_service.core.observations import BoardCondition, FilesChanged, FileSeen
from llm_service.core.state import AT_MOST, SINGLY, State
from llm_service.core.stream import MAX_WEIGHT
from llm_service.core.taskfile import read_content
from llm_service.core.tasks import FileStamp

AT = "2026-11-21T10:00:00.000Z"


def files(count, prefix="t", **more):
    stamps = (FileStamp(1, n, 5, n, n, stat.S_IFREG) for n in range(count))
    return FilesChanged(
        tuple(
            FileSeen(f"inbox/{prefix}{n}.yaml", stamp, read_content(f"id: {prefix}{n}".encode()))
            for n, stamp in enumerate(stamps)
        ),
        **more,
    )


def ready():
    state = State("e1", "board")
    state.apply(BoardCondition(loading=False, waiting=False), 0.0, AT)
    return state


def test_events_are_numbered_per_topic_without_holes():
    state = ready()
    events = [*state.apply(files(3), 1.0, AT), *state.apply(files(2, "u"), 2.0, AT)]
    for topic in ("board", "activity"):
        numbers = [event.seq for event in events if event.topic == topic]
        assert numbers == list(range(numbers[0], numbers[0] + 5))
    assert all(event.payload["epoch"] == "e1" and event.payload["at"] == AT for event in events)


def test_a_single_change_carries_what_the_field_knows():
    [event, _] = ready().apply(files(1), 1.0, AT)
    assert event.name == "task.created"
    assert event.payload["file_path"] == "inbox/t0.yaml"
    assert event.payload["timestamp"] == AT
    assert event.payload["status"] == "new"
    assert event.payload["counts"] == {"inbox": 1, "assigned": 0, "done": 0, "problems": 0}


def test_a_storm_is_one_event_with_one_number_and_one_line_of_activity():
    state = ready()
    events = state.apply(files(SINGLY + 1), 1.0, AT)
    assert [event.name for event in events] == ["board.changed", "activity.added"]
    assert len(events[0].payload["changes"]) == SINGLY + 1
    assert events[1].payload["entry"]["by"] == {"task.created": SINGLY + 1}


def test_the_first_reading_is_told_by_snapshots_not_by_single_events():
    state = State("e1", "board")
    first = state.apply(files(200, loading=True), 0.0, AT)
    assert [event.name for event in first] == ["board.snapshot"]
    assert first[0].payload["loading"] is True
    assert state.apply(files(200, "u", loading=True), 0.1, AT) == []
    [last] = state.apply(BoardCondition(loading=False, waiting=False), 0.2, AT)
    assert last.payload["counts"]["inbox"] == 400
    assert len(last.payload["columns"]["inbox"]["cards"]) == 100
    assert last.payload["columns"]["inbox"]["next"]


def test_what_was_missed_is_replayed_and_what_is_too_old_is_not():
    state = ready()
    stream = state.streams["board"]
    start = stream.seq
    state.apply(files(5), 1.0, AT)
    assert [event.seq for event in stream.since("e1", start + 2)] == [start + 3, start + 4, start + 5]
    assert stream.since("e1", stream.seq) == []
    assert stream.since("other", start) is None
    assert stream.since("e1", stream.seq + 1) is None
    assert stream.since("e1", None) is None
    for number in range(15):
        state.apply(files(90, f"x{number}-"), 2.0, AT)
    assert stream.since("e1", start) is None


def test_nothing_before_a_snapshot_for_everybody_can_be_replayed():
    state = State("e1", "board")
    state.apply(files(1, loading=True), 0.0, AT)
    before = state.streams["board"].seq
    state.apply(BoardCondition(loading=False, waiting=False), 1.0, AT)
    assert state.streams["board"].since("e1", before) is None


def test_a_snapshot_is_a_point_of_the_stream():
    state = ready()
    state.apply(files(2), 1.0, AT)
    snapshot = state.snapshot("board", AT)
    assert snapshot.seq == state.streams["board"].seq
    assert snapshot.payload["counts"]["inbox"] == 2
    [event, _] = state.apply(files(1, "u"), 2.0, AT)
    assert event.seq == snapshot.seq + 1
    assert state.snapshot("board", AT).payload["counts"]["inbox"] == 3


def test_a_flood_is_a_snapshot_for_everybody():
    state = ready()
    before = state.streams["board"].seq
    events = state.apply(files(AT_MOST + 1), 1.0, AT)
    assert [event.name for event in events] == ["board.snapshot", "activity.added"]
    assert state.streams["board"].since("e1", before) is None


def test_a_storm_too_heavy_to_keep_is_answered_by_a_snapshot():
    state = ready()
    before = state.streams["board"].seq
    state.apply(files(MAX_WEIGHT + 1), 1.0, AT)
    assert state.streams["board"].since("e1", before) is None
    assert state.streams["board"].since("e1", before + 1) == []
