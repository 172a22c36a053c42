"""The doctor's look at the sound system, on devices that behave as the test says."""

import contextlib
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from recognizer import doctor_sound, microphone, portaudio
from recognizer.doctor_sound import Levels, check_devices, check_microphone, judge, measure
from recognizer.errors import DeviceError
from tests.fake_sounddevice import UNAVAILABLE, FakeSounddevice, PortAudioError

RATE = 16_000


def noise(seconds, level_db, seed=0):
    deviation = 10 ** (level_db / 20)
    return np.random.default_rng(seed).normal(0, deviation, round(seconds * RATE)).astype("f4")


def speech(seconds=3.0, level_db=-20.0):
    """A quiet room with a burst in its middle."""
    samples = noise(seconds, -70.0)
    middle = len(samples) // 2
    samples[middle : middle + RATE // 2] += noise(0.5, level_db, seed=1)
    return samples


def levels(**changed):
    fine = {
        "level_db": -20.0,
        "floor_db": -60.0,
        "peak_db": -8.0,
        "clipped": 0.0,
        "is_silent": False,
    }
    return Levels(**{**fine, **changed})


@pytest.fixture
def fake(monkeypatch):
    fake = FakeSounddevice()
    fake.get_portaudio_version = lambda: (1246976, "PortAudio V19.7.0-devel, revision unknown")
    monkeypatch.setattr(portaudio, "load_sounddevice", lambda: fake)
    monkeypatch.setattr(microphone, "_RETRY_S", 0.01)
    monkeypatch.setattr(microphone, "_POLL_S", 0.005)
    yield fake
    assert not portaudio.portaudio._streams
    assert all(stream.closed for stream in fake.streams)


@contextlib.contextmanager
def feeding(fake, samples, *, then=lambda stream: None):
    """Feed the stream that is opened next."""

    def feed():
        if fake.started.wait(20):
            for start in range(0, len(samples), 640):
                fake.stream.feed(samples[start : start + 640])
            then(fake.stream)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield
    finally:
        thread.join(30)


class Patience:
    """Makes what stands in for `threading.Timer`, and ends when the test says so."""

    def __call__(self, seconds, function):
        self.seconds, self.end = seconds, function
        return SimpleNamespace(start=lambda: None, cancel=lambda: None)


@pytest.fixture
def patience(monkeypatch):
    patience = Patience()
    monkeypatch.setattr(doctor_sound, "threading", SimpleNamespace(Timer=patience))
    return patience


def wait_until_read(stream):
    ring = stream.settings["callback"].__self__.ring
    while ring.available_samples:
        time.sleep(0.001)


def examine(fake, samples, **options):
    said = []
    with feeding(fake, samples, then=options.pop("then", lambda stream: None)):
        (finding,) = check_microphone(None, None, said.append, **{"patience_s": 60.0, **options})
    assert len(said) == 1
    return finding, said[0]


@pytest.mark.parametrize("level_db", [-20.0, -50.0])
def test_levels_are_those_of_the_noise(level_db):
    measured = measure(noise(3.0, level_db))
    assert measured.level_db == pytest.approx(level_db, abs=2.0)
    assert measured.floor_db == pytest.approx(level_db, abs=2.0)
    assert measured.floor_db < measured.level_db
    assert measured.clipped == 0.0
    assert not measured.is_silent


def test_the_floor_lies_below_a_word():
    measured = measure(speech())
    assert measured.level_db == pytest.approx(-20, abs=2)
    assert measured.floor_db < -60


def test_peak_is_the_largest_sample():
    samples = noise(1.0, -60.0)
    samples[500] = -0.5
    assert measure(samples).peak_db == -6.0


def test_silence_can_be_measured():
    measured = measure(np.zeros(RATE, np.float32))
    assert measured.is_silent
    assert np.isfinite([measured.level_db, measured.floor_db, measured.peak_db]).all()


@pytest.mark.parametrize(
    ("changed", "state", "verdict", "mend"),
    [
        ({}, "ok", "fine", ""),
        ({"is_silent": True}, "broken", "muted, or the system denies", "Unmute it"),
        ({"clipped": 0.01}, "attention", "1.0% of it is cut off", "Lower the input volume"),
        ({"clipped": 0.0004}, "ok", "fine", ""),
        ({"level_db": -63.0, "floor_db": -75.0}, "attention", "too quiet", "raise the input"),
        ({"level_db": -55.0}, "attention", "nothing rose 9 dB above", "speak and try again"),
    ],
)
def test_verdicts(changed, state, verdict, mend):
    found = judge(levels(**changed))
    assert found[0] == state
    assert verdict in found[1]
    assert mend in found[2]


def test_a_good_microphone(fake):
    fake.plug("headset")
    finding, asked = examine(fake, speech())
    assert asked == "Listening to headset for 3 s: say a few words."
    assert (finding.name, finding.state, finding.mend) == ("microphone", "ok", "")
    assert finding.text.startswith("'headset' at 16000 Hz: loudest -")
    assert finding.text.endswith(" dBFS: fine.")
    assert finding.details["seconds"] == 3.0
    assert finding.details["level_db"] == pytest.approx(-20, abs=2)
    assert finding.details["overflows"] == 0


def test_digital_silence_is_a_denied_permission_or_a_mute(fake):
    fake.plug("headset")
    finding, _ = examine(fake, np.zeros(3 * RATE, np.float32))
    assert finding.state == "broken"
    assert "digital silence" in finding.text
    assert "Privacy & Security" in finding.mend


def test_a_click_at_the_beginning_does_not_count(fake):
    fake.plug("headset")
    samples = speech()
    samples[:1600] = 1.0
    assert examine(fake, samples)[0].state == "ok"


def test_clipping_is_told(fake):
    fake.plug("headset")
    samples = np.clip(speech(level_db=3.0), -1, 1)
    finding, _ = examine(fake, samples)
    assert finding.state == "attention"
    assert "cut off" in finding.text


def test_a_microphone_that_gives_nothing_is_not_waited_for_long(fake, patience):
    fake.plug("headset")

    def end(stream):
        wait_until_read(stream)
        patience.end()

    options = {"seconds": 0.5, "patience_s": 1.0}
    finding, _ = examine(fake, noise(0.2, -20.0), then=end, **options)
    assert patience.seconds == 1.5
    assert finding.state == "broken"
    assert finding.text.startswith("'headset' gave 0.2 s of sound in 1.5 s.")


def test_a_microphone_that_is_pulled_out_is_told(fake, patience, monkeypatch):
    fake.plug("headset")
    initialize, looked_for = fake._initialize, threading.Event()

    def look():
        initialize()
        looked_for.set()

    def pull(stream):
        monkeypatch.setattr(fake, "_initialize", look)
        fake.plugged.clear()
        stream.die()
        assert looked_for.wait(60)
        patience.end()

    finding, _ = examine(fake, noise(0.2, -20.0), seconds=0.5, then=pull)
    assert finding.state == "broken"
    assert "'headset' is gone" in finding.text


def test_a_busy_microphone_is_its_sentence(fake):
    fake.plug("headset")
    fake.failures["InputStream"] = [PortAudioError(*UNAVAILABLE)]
    with pytest.raises(DeviceError, match="is busy"):
        list(check_microphone(None, None, print))


def test_devices_are_listed_with_rates_and_channels(fake):
    fake.plug("headset")
    fake.plug("interface", channels=4, rate=96_000.0)
    sounddevice, devices = check_devices()
    assert sounddevice.text.endswith("(PortAudio V19.7.0-devel)")
    assert (devices.state, devices.text) == ("ok", "2 microphones:")
    assert devices.more == (
        "0  headset    ALSA  1 channel   48000 Hz  default",
        "1  interface  ALSA  4 channels  96000 Hz",
    )
    assert [device["channels"] for device in devices.details["devices"]] == [1, 4]


def test_no_default_is_told(fake):
    fake.plug("headset")
    fake.default_index = 5
    _, devices = check_devices()
    assert devices.state == "attention"
    assert "none is the default" in devices.text


def test_no_device_is_an_error_with_its_mend(fake):
    with pytest.raises(DeviceError, match=r"There is no microphone|may not use it"):
        list(check_devices())


def test_a_sound_server_that_hangs_is_given_up(fake, monkeypatch):
    monkeypatch.setattr(portaudio, "ANSWER_TIMEOUT_S", 0.2)
    fake.plug("headset")
    with fake.hanging(), pytest.raises(DeviceError, match="has not answered"):
        list(check_devices())


def test_sounddevice_that_is_not_installed_is_told(fake, monkeypatch):
    monkeypatch.setattr(doctor_sound, "versions", lambda: {"sounddevice": None})
    (finding,) = check_devices()
    assert finding.state == "broken"
    assert "pip install sounddevice" in finding.mend
