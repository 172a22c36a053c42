"""Sound to the recognizer, events to the two outputs."""

import io
import json
import math
import time

import numpy as np
import pytest

from recognizer.devices import DeviceInfo
from recognizer.errors import AudioError
from recognizer.events import Detection, Rejection, SamplesLost, VoiceEnded, VoiceStarted
from recognizer.headless import Headless, device_lines
from recognizer.level_meter import StatusLine
from recognizer.printer import OutputError, ReaderGoneError
from recognizer.stop_signals import StopSignals

SEVEN = Detection("seven", 0.98, 3.41, 3.90, 4.05)
NINE = Detection("nine", 0.7, 5.0, 5.4, 5.6)
SPEECH = Rejection("unknown", "one", 0.3, 7.0, 7.5, 7.7)


class FakeRecognizer:
    """Gives scripted events for each block it hears."""

    labels = ("silence", "unknown", "one", "seven")
    sample_rate = 16_000
    level_db = -40.0
    floor_db = -60.0

    def __init__(self, *script, at_end=()):
        self.script = list(script)
        self.at_end = list(at_end)
        self.calls = []
        self.time = 0.0

    def process(self, block):
        self.time += len(block) / self.sample_rate
        self.calls.append(("process", len(block)))
        return self.script.pop(0) if self.script else []

    def skip(self, lost_samples):
        self.calls.append(("skip", lost_samples))
        return [SamplesLost(lost_samples, lost_samples, 1.5)]

    def finish(self):
        self.calls.append(("finish",))
        return self.at_end


class FakeMicrophone:
    name = "USB mic"
    overflows = 0
    gather_s = 0.04

    def __init__(self, blocks, lost=()):
        self.blocks = blocks
        self.lost = list(lost)

    def __iter__(self):
        return iter(self.blocks)

    def take_lost(self):
        return self.lost.pop(0) if self.lost else 0

    def captured_at(self, sample):
        assert isinstance(sample, int)
        return time.monotonic() - 100.0 if sample == 62_400 else math.inf


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def said():
    return io.StringIO()


@pytest.fixture
def printed():
    return io.StringIO()


@pytest.fixture
def headless(said, printed):
    def make(recognizer, **settings):
        settings = {"status_line": StatusLine(said), "stop": StopSignals(), **settings}
        return Headless(recognizer, **{"output": printed, **settings})

    return make


def blocks(count):
    return [np.zeros(320, np.float32)] * count


def test_a_file_is_read_to_its_end_and_finished(headless, printed, said):
    recognizer = FakeRecognizer([], [SEVEN], at_end=[NINE])
    headless(recognizer).read(blocks(3))
    assert recognizer.calls == [("process", 320)] * 3 + [("finish",)]
    assert printed.getvalue() == "    3.41  seven   98 %\n    5.00  nine    70 %\n"
    assert said.getvalue() == ""


def test_a_file_that_breaks_off_gives_its_last_word_before_the_error(headless, printed):
    def broken():
        yield from blocks(2)
        raise AudioError("It is damaged.")

    recognizer = FakeRecognizer([], [SEVEN], at_end=[NINE])
    with pytest.raises(AudioError):
        headless(recognizer).read(broken())
    assert recognizer.calls == [("process", 320)] * 2 + [("finish",)]
    assert [line.split()[1] for line in printed.getvalue().splitlines()] == ["seven", "nine"]


def test_rejections_are_printed_only_when_asked_for(headless, printed):
    headless(FakeRecognizer([SPEECH, SEVEN])).read(blocks(1))
    assert "unknown" not in printed.getvalue()
    headless(FakeRecognizer([SPEECH, SEVEN]), show_rejections=True).read(blocks(1))
    assert printed.getvalue().splitlines()[1:] == [
        "    7.00  (one)     30 %  rejected: unknown",
        "    3.41  seven     98 %",
    ]


def test_a_file_has_no_latency(headless, printed):
    headless(FakeRecognizer([SEVEN]), as_json=True).read(blocks(1))
    assert list(json.loads(printed.getvalue())) == ["label", "confidence", "start", "end", "time"]


def test_a_microphone_has_a_latency(headless, printed):
    headless(FakeRecognizer([SEVEN]), as_json=True).listen(FakeMicrophone(blocks(1)))
    assert json.loads(printed.getvalue())["latency_ms"] >= 100_000


def test_lost_samples_are_skipped_before_the_next_block_and_told(headless, said):
    recognizer = FakeRecognizer()
    headless(recognizer).listen(FakeMicrophone(blocks(3), lost=[0, 800, 0]))
    assert recognizer.calls == [
        ("process", 320),
        ("skip", 800),
        ("process", 320),
        ("process", 320),
    ]
    assert said.getvalue() == (
        "recognizer: 800 samples (0.05 s) were lost at 1.50 s, "
        "because this machine is too busy to keep up.\n"
    )


def test_a_microphone_hurries_only_while_voice_is_in_view(headless):
    gathered = []

    class Attentive(FakeMicrophone):
        def __iter__(self):
            for block in self.blocks:
                yield block
                gathered.append(self.gather_s)

    second = [np.zeros(16_000, np.float32)] * 6
    script = [[], [VoiceStarted(0.9, 1.1)], [], [VoiceEnded(0.9, 3.1, 3.3)]]
    headless(FakeRecognizer(*script)).listen(Attentive(second))
    quiet, hurry = gathered[0], gathered[1]
    assert quiet > hurry == 0.04
    assert gathered == [quiet, hurry, hurry, hurry, quiet, quiet]


def test_what_the_sound_system_dropped_is_told_once_and_only_when_verbose(headless, said):
    microphone = FakeMicrophone(blocks(3))
    microphone.overflows = 2
    headless(FakeRecognizer()).listen(microphone)
    assert said.getvalue() == ""
    headless(FakeRecognizer(), verbose=True).listen(microphone)
    assert said.getvalue() == (
        "recognizer: The sound system dropped samples before they got here, 2 times so far.\n"
    )


def test_voice_is_told_only_when_verbose(headless, said, printed):
    events = [VoiceStarted(3.31, 3.5), VoiceEnded(3.31, 3.9, 4.1)]
    headless(FakeRecognizer(events)).read(blocks(1))
    assert said.getvalue() == ""
    headless(FakeRecognizer(events), verbose=True).read(blocks(1))
    assert said.getvalue().splitlines() == [
        "recognizer: 3.50 s: voice from 3.31 s.",
        "recognizer: 4.10 s: voice ended at 3.90 s.",
    ]
    assert printed.getvalue() == ""


@pytest.mark.parametrize(
    ("run", "drawn"),
    [
        (lambda headless: headless.read(blocks(2)), False),
        (lambda headless: headless.read(blocks(2), live=True), True),
        (lambda headless: headless.listen(FakeMicrophone(blocks(2))), True),
    ],
)
def test_the_meter_belongs_to_live_sound(headless, run, drawn, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    run(headless(FakeRecognizer(), status_line=StatusLine(terminal)))
    assert ("level -40 dB" in terminal.getvalue()) == drawn


def test_the_meter_is_gone_when_a_word_is_printed(headless, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    words = headless(
        FakeRecognizer([], [SEVEN], []), status_line=StatusLine(terminal), output=terminal
    )
    words.read(blocks(3), live=True)
    meter, word = terminal.getvalue().split("\r    3.41  seven   98 %\n\r")
    assert meter.startswith("\rlevel")
    assert meter.endswith("\r" + " " * (len(meter) // 2 - 1))
    assert word.startswith("level")


def test_a_signal_whose_exception_was_swallowed_still_ends_it(headless):
    stop = StopSignals()
    stop.number = 15
    recognizer = FakeRecognizer()
    with pytest.raises(KeyboardInterrupt):
        headless(recognizer, stop=stop).read(blocks(1))
    assert recognizer.calls == []


def test_a_reader_that_left_ends_it(headless, monkeypatch):
    def leave(printer):
        raise ReaderGoneError

    monkeypatch.setattr("recognizer.printer.Printer.check_reader", leave)
    with pytest.raises(ReaderGoneError):
        headless(FakeRecognizer()).listen(FakeMicrophone(blocks(1)))


def test_nowhere_to_print_to(headless):
    with pytest.raises(OutputError):
        headless(FakeRecognizer(), output=None)


def test_the_list_of_devices_lines_up_and_marks_the_default():
    devices = [
        DeviceInfo(0, "HDA Intel PCH: ALC257", "ALSA", 2, 44_100.0, False),
        DeviceInfo(11, "default", "ALSA", 1, 48_000.0, True),
    ]
    assert device_lines(devices) == [
        " 0  HDA Intel PCH: ALC257  ALSA  2 channels  44100 Hz",
        "11  default                ALSA  1 channel   48000 Hz  default",
    ]
