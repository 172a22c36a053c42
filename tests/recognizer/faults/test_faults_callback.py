"""An exception inside what the program's user handed over."""

import numpy as np
import pytest

from recognizer.events import Detection, VoiceStarted
from recognizer.listener import Listener
from recognizer.microphone import Microphone
from recognizer.recognizer import Recognizer
from tests.recognizer.command_line import WAIT_S
from tests.recognizer.faults.listening import BURST, RATE, WORD_S, Listening, feed


def fail(*_):
    raise ZeroDivisionError("a consumer's bug")


def test_the_owner_is_told_and_can_listen_anew(fake, classifier):
    fake.plug("built-in")
    told = []
    with Microphone() as mic:
        broken = Listener(mic, Recognizer(classifier), fail, on_error=told.append).start()
        feed(fake, BURST)
        broken._worker.join(WAIT_S)
        assert not broken.is_listening
        # Sound still comes and nobody reads it; the callback does not mind.
        feed(fake, np.tile(BURST, 5))
        assert broken.stop()
    assert [type(error) for error in told] == [ZeroDivisionError]
    assert fake.stream.closed
    with Listening(classifier) as listening:
        feed(fake, BURST)
        assert listening.next(Detection).start == pytest.approx(WORD_S, abs=0.03)


def test_it_goes_through_to_whoever_iterates_and_the_device_is_closed(fake):
    fake.plug("built-in")
    with Microphone(on_notice=fail) as mic:
        fake.stream.feed(BURST[:640])
        fake.stream.die()
        with pytest.raises(ZeroDivisionError):
            list(mic)
    assert fake.stream.closed


def test_an_observer_that_fails_costs_no_more_than_its_block(classifier):
    """The recognizer goes on behind it, and its times stay right."""
    sound = np.concatenate((BURST, BURST))
    whole, broken = Recognizer(classifier), Recognizer(classifier)
    expected = [
        event for first in range(0, len(sound), 640) for event in whole.process(sound[first:][:640])
    ]
    events = []
    for first in range(0, len(sound), 640):
        broken.observe = fail if first == 640 * 4 else None
        try:
            events += broken.process(sound[first:][:640])
        except ZeroDivisionError:
            assert first == 640 * 4
    assert events == expected
    assert sum(isinstance(event, Detection) for event in events) == 2
    assert any(isinstance(event, VoiceStarted) for event in events)
    assert broken.time == len(sound) / RATE
