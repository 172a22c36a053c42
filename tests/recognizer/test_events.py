from dataclasses import FrozenInstanceError, fields
from typing import get_args

import pytest

from recognizer.events import (
    Detection,
    Event,
    Rejection,
    RejectionReason,
    SamplesLost,
    VoiceEnded,
    VoiceStarted,
)

EVENTS = [
    VoiceStarted(1.0, 1.2),
    VoiceEnded(1.0, 1.4, 1.6),
    Detection("one", 0.9, 1.0, 1.4, 1.55),
    Rejection("too long", None, 0.0, 1.0, 3.0, 3.2),
    SamplesLost(160, 320, 2.0),
]


def test_every_kind_is_an_event():
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("event", EVENTS)
def test_values_that_compare_and_do_not_change(event):
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    assert type(event)(**values) == event
    assert hash(type(event)(**values)) == hash(event)
    with pytest.raises(FrozenInstanceError):
        event.time = 0.0
    assert not hasattr(event, "__dict__")


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_says_when(event):
    assert isinstance(event.time, float)


def test_reasons():
    assert set(get_args(RejectionReason)) == {"unknown", "low confidence", "too long"}
