"""A microphone that is unplugged, exchanged or asleep, and a sound server that dies."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from recognizer import capture, microphone
from recognizer.events import Detection
from tests.recognizer.command_line import WAIT_S
from tests.recognizer.faults.listening import BURST, RATE, Listening, feed
from tests.recognizer.faults.programs import Program

HOUR_S = 3600.0


def plug(fake, *names):
    fake.plugged.clear()
    for name in names:
        fake.plug(name)


@pytest.mark.parametrize("asked", [1, "headset"])
def test_unplugged_and_back_under_another_index(fake, classifier, asked):
    plug(fake, "built-in", "headset")
    with Listening(classifier, device=asked) as listening:
        feed(fake, BURST)
        first = listening.next(Detection)
        plug(fake, "built-in")
        fake.started.clear()
        fake.stream.die()
        assert "'headset' is gone" in listening.notice()
        plug(fake, "webcam", "built-in", "another", "headset")
        assert fake.started.wait(20)
        assert fake.stream.settings["device"] == 3
        feed(fake, BURST)
        assert listening.notice() == "The microphone 'headset' is back."
        second = listening.next(Detection)
    # Times count the sound that was heard, so they go on where they were.
    assert second.start == pytest.approx(first.start + len(BURST) / RATE, abs=0.05)


def test_the_default_changes_while_the_old_one_is_still_there(fake, classifier):
    plug(fake, "built-in", "headset")
    with Listening(classifier) as listening:
        feed(fake, BURST)
        listening.next(Detection)
        fake.default_index = 1
        feed(fake, BURST)
        listening.next(Detection)
        assert listening.microphone.name == "built-in"
        assert len(fake.streams) == 1
        fake.started.clear()
        fake.stream.die()
        assert "'built-in' is gone" in listening.notice()
        assert fake.started.wait(20)
        feed(fake, BURST)
        assert listening.notice() == "The microphone 'headset' is back."
        listening.next(Detection)


class Clock:
    """Time, and whatever jumps are added to it."""

    def __init__(self):
        self.jumped_s = 0.0
        self.was_read = threading.Event()

    def monotonic(self):
        self.was_read.set()
        return time.monotonic() + self.jumped_s


@pytest.mark.parametrize("stream_jump_s", [-HOUR_S, 0.0, HOUR_S])
@pytest.mark.parametrize("clock_jump_s", [0.0, HOUR_S])
def test_the_machine_slept_for_an_hour(fake, classifier, monkeypatch, stream_jump_s, clock_jump_s):
    """Some systems count sleep in their clocks, some do not, some only in one of the two."""
    clock = Clock()
    monkeypatch.setattr(capture, "time", SimpleNamespace(monotonic=clock.monotonic))
    monkeypatch.setattr(microphone, "time", SimpleNamespace(monotonic=clock.monotonic))
    plug(fake, "built-in")
    with Listening(classifier) as listening:
        feed(fake, BURST)
        first = listening.next(Detection)
        clock.jumped_s = clock_jump_s
        # The reader looks, and there is still no sound.
        for _ in range(3):
            clock.was_read.clear()
            assert clock.was_read.wait(WAIT_S)
        # The sound behind the sleep says that it is an hour old, or of an hour hence.
        feed(fake, BURST, age_s=stream_jump_s)
        second = listening.next(Detection)
        heard_s = clock.monotonic()
        captured_s = listening.microphone.captured_at(round(second.time * RATE))
        assert heard_s - HOUR_S / 2 < captured_s <= heard_s
        assert listening.notices.empty()
        assert len(fake.streams) == 1
    assert second.start == pytest.approx(first.start + len(BURST) / RATE, abs=0.05)
    assert second.end - second.start == pytest.approx(first.end - first.start, abs=0.05)


# The real thing, on a virtual device.


def test_real_the_sound_server_is_killed_and_restarted(virtual_microphone, seven):
    with Program("--model", seven, variables=virtual_microphone.variables) as program:
        program.wait_until_it_listens()
        virtual_microphone.play(BURST)
        first = program.word()
        virtual_microphone.stop()
        gone = program.sentence("is gone")
        assert gone.endswith("listening goes on as soon as it is back.")
        virtual_microphone.start()
        program.sentence("is back.")
        virtual_microphone.play(BURST)
        second = program.word()
        assert second["start"] > first["time"]
        assert program.end() == 0
        assert program.more_words() == []


def test_real_the_default_is_changed_and_the_old_one_pulled(virtual_microphone, seven):
    both = np.repeat(BURST[:, np.newaxis], 2, axis=1)
    with Program("--model", seven, variables=virtual_microphone.variables) as program:
        try:
            program.wait_until_it_listens()
            virtual_microphone.play(BURST)
            program.word()
            # PulseAudio carries the stream over to the new default.
            virtual_microphone.choose("stereo")
            virtual_microphone.play(both, sink="stereo")
            program.word()
            modules = virtual_microphone._control("list", "short", "modules").decode()
            speaker = next(line for line in modules.splitlines() if "sink_name=speaker" in line)
            virtual_microphone._control("unload-module", speaker.split()[0])
            virtual_microphone.play(both, sink="stereo")
            program.word()
        finally:
            # With both of its devices again.
            virtual_microphone.stop()
            virtual_microphone.start()
        assert program.end() == 0


def test_real_the_program_is_suspended_and_goes_on(virtual_microphone, seven):
    """As by Ctrl-Z and fg, or by a container that is frozen."""
    with Program("--model", seven, variables=virtual_microphone.variables) as program:
        program.wait_until_it_listens()
        virtual_microphone.play(BURST)
        first = program.word()
        program.suspend()
        virtual_microphone.play(BURST)
        program.resume()
        # It waited in the sound server: nothing else has been said since.
        meanwhile = program.word()
        assert meanwhile["start"] > first["time"]
        virtual_microphone.play(BURST)
        assert program.word()["start"] > meanwhile["time"]
        assert program.end() == 0
        assert program.more_words() == []
        assert not any("is gone" in line for line in program.all_said())


def test_real_a_server_that_hangs_does_not_hold_the_program(virtual_microphone, seven):
    with Program("--model", seven, variables=virtual_microphone.variables) as program:
        program.wait_until_it_listens()
        virtual_microphone.freeze()
        try:
            assert program.end() == 0
        finally:
            virtual_microphone.thaw()


def test_real_a_server_that_hangs_while_it_is_looked_for_does_not_either(virtual_microphone, seven):
    with Program("--model", seven, variables=virtual_microphone.variables) as program:
        program.wait_until_it_listens()
        virtual_microphone.freeze()
        try:
            program.sentence("is gone")
            # By now the program asks the server, which does not answer.
            threading.Event().wait(1.5)
            assert program.end() == 0
        finally:
            virtual_microphone.thaw()


def test_real_it_ends_while_the_server_is_gone(virtual_microphone, seven):
    with Program("--model", seven, variables=virtual_microphone.variables) as program:
        program.wait_until_it_listens()
        virtual_microphone.stop()
        try:
            program.sentence("is gone")
            assert program.end() == 0
        finally:
            virtual_microphone.start()
