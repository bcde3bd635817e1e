"""The Socket.IO events of training jobs, their loss and what is wrong with it."""

from __future__ import annotations

from llm_service.core.event_type import EventType
from llm_service.core.training import shapes as training_shapes

TRAINING_EVENTS = (
    EventType("training.snapshot", "training", training_shapes.TrainingSnapshot, "after `subscribe`"),
    EventType("job.snapshot", "job:<key>", training_shapes.JobTopic, "after `subscribe` to one job"),
    EventType("job.started", "training", training_shapes.OneJob, "when a job is first seen that has not ended"),
    EventType("job.advanced", "training", training_shapes.JobsAdvanced, "when jobs changed, several in one event"),
    EventType("job.finished", "training", training_shapes.OneJob, "when a job ended; `was` says from which status"),
    EventType("loss.appended", "job:<key>", training_shapes.LossAppended, "when a series has new steps"),
    EventType("alarm.raised", "training", training_shapes.AlarmEvent, "when a curve shows a fault"),
    EventType("alarm.cleared", "training", training_shapes.AlarmEvent, "when that fault is over"),
)
