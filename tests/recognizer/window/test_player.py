import threading

import numpy as np
import pytest

from recognizer import portaudio
from recognizer.microphone import Microphone
from recognizer.window.player import Player
from tests.fake_sounddevice import (
    BAD_CHANNELS,
    BAD_RATE,
    FakeSounddevice,
    FakeStream,
    PortAudioError,
)

RATE = 16_000


class CallbackStop(Exception):  # noqa: N818
    """As in sounddevice."""


class FakeLoudspeaker(FakeSounddevice):
    """A loudspeaker to be plugged and pulled; the test takes sound out of it."""

    CallbackStop = CallbackStop

    def __init__(self):
        super().__init__()
        self.rates = (16_000.0, 48_000.0)
        self.fewest_channels = 1
        self.has_output = self.known_output = True
        self.asked = threading.Event()

    def query_devices(self, device=None, kind=None):
        if kind is None:
            return super().query_devices()
        if not self.known_output:
            raise PortAudioError("Error querying device -1")
        return {"max_output_channels": 2, "default_samplerate": 48_000.0}

    def OutputStream(self, **settings):  # noqa: N802
        self.asked.set()
        self.fail("OutputStream")
        if settings["samplerate"] not in self.rates:
            raise PortAudioError(*BAD_RATE)
        if settings["channels"] < self.fewest_channels:
            raise PortAudioError(*BAD_CHANNELS)
        self.streams.append(FakeStream(self, **settings))
        return self.stream

    def _initialize(self):
        super()._initialize()
        self.known_output = self.has_output

    def pull(self, frames=1000):
        """Play the stream opened last to its end; what comes out, shape ``[n, channels]``."""
        blocks = []
        while self.stream.running:
            block = np.full((frames, self.stream.settings["channels"]), 9.0, np.float32)
            try:
                self.stream.settings["callback"](block, frames, None, None)
            except CallbackStop:
                self.stream.die()
            blocks.append(block)
        return np.concatenate(blocks)


@pytest.fixture
def fake(monkeypatch):
    fake = FakeLoudspeaker()
    monkeypatch.setattr(portaudio, "load_sounddevice", lambda: fake)
    yield fake
    assert not portaudio.portaudio._streams
    assert all(stream.closed for stream in fake.streams)


@pytest.fixture
def troubles():
    return []


@pytest.fixture
def player(fake, qapp, troubles):
    player = Player(troubles.append)
    yield player
    assert player.close(20)


def sound(count=4321, seed=0):
    return np.random.default_rng(seed).uniform(-0.9, 0.9, count).astype(np.float32)


def wait_for_start(qtbot, fake, count=1):
    # Started is set a little before the player knows its stream.
    qtbot.waitUntil(lambda: len(fake.streams) == count and fake.stream.running, timeout=20_000)


def test_a_sound_is_played_to_its_end(qtbot, fake, player):
    player.play(sound())
    assert player.is_playing
    wait_for_start(qtbot, fake)
    out = fake.pull()
    np.testing.assert_array_equal(out[:4321, 0], sound())
    # Silence follows: some systems drop what they hold back when a stream ends.
    assert not out[4321:].any()
    assert len(out) >= 4321 + 0.2 * RATE
    qtbot.waitUntil(lambda: not player.is_playing, timeout=20_000)
    assert fake.stream.settings["samplerate"] == RATE


@pytest.mark.parametrize("fewest_channels", [1, 2])
def test_a_device_with_rates_and_channels_of_its_own(qtbot, fake, player, fewest_channels):
    fake.rates, fake.fewest_channels = (48_000.0,), fewest_channels
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32) / 2
    player.play(tone)
    wait_for_start(qtbot, fake)
    out = fake.pull()
    assert out.shape[1] == fewest_channels
    assert not out[48_000:].any()
    expected = np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000) / 2
    np.testing.assert_allclose(out[2000:46_000, -1], expected[2000:-2000], atol=0.01)


def test_the_next_sound_ends_the_one_before(qtbot, fake, player):
    player.play(sound(seed=1))
    wait_for_start(qtbot, fake)
    first = fake.stream
    player.play(sound(seed=2))
    wait_for_start(qtbot, fake, 2)
    assert first.closed
    np.testing.assert_array_equal(fake.pull()[:4321, 0], sound(seed=2))


def test_stopping_closes_the_stream(qtbot, fake, player):
    player.stop()
    player.play(sound())
    wait_for_start(qtbot, fake)
    player.stop()
    qtbot.waitUntil(lambda: not player.is_playing and fake.stream.closed, timeout=20_000)


def test_without_a_loudspeaker_one_sentence_is_said(qtbot, fake, player, troubles):
    fake.has_output = fake.known_output = False
    player.play(sound())
    qtbot.waitUntil(lambda: len(troubles) == 1 and not player.is_playing, timeout=20_000)
    assert "cannot be played (error querying device -1): plug in" in troubles[0]
    fake.has_output = True
    player.play(sound())
    wait_for_start(qtbot, fake)
    fake.pull()
    assert len(troubles) == 1


def test_a_device_that_does_not_start_is_closed_and_told(qtbot, fake, player, troubles):
    fake.failures["start"] = [PortAudioError("Busy.", -9985) for _ in range(8)]
    player.play(sound())
    qtbot.waitUntil(lambda: len(troubles) == 1, timeout=20_000)
    assert "(busy)" in troubles[0]
    assert len(fake.streams) == 8


def test_trouble_is_told_in_the_windows_thread(qtbot, fake):
    threads = []
    fake.has_output = fake.known_output = False
    player = Player(lambda sentence: threads.append(threading.current_thread()))
    player.play(sound())
    qtbot.waitUntil(lambda: bool(threads), timeout=20_000)
    assert threads == [threading.main_thread()]
    assert player.close(20)


def test_a_sound_server_that_hangs_holds_nobody(qtbot, fake, troubles):
    player = Player(troubles.append)
    with fake.hanging():
        player.play(sound())
        assert fake.asked.wait(20)
        player.play(sound())
        player.stop()
        assert not player.close(0.01)
    assert player.close(20)
    player.play(sound())
    assert not player.is_playing
    portaudio.portaudio.call(lambda module: None)
    qtbot.wait(1)
    assert troubles == []


def test_nothing_is_played_of_no_sound(fake, player):
    player.play(np.zeros(0, np.float32))
    assert not player.is_playing


def test_real_what_is_played_is_heard_to_its_end(qapp, virtual_microphone):
    played = sound(RATE)
    said: list[str] = []
    player = Player(said.append)
    with Microphone() as microphone:
        blocks = iter(microphone)
        heard = [next(blocks)]
        player.play(played)
        while player.is_playing:
            heard.append(next(blocks))
        # The end is still on its way through the sound server.
        patience = 10 * RATE
        while patience > 0 and not np.isin(played[-1], np.concatenate(heard)):
            heard.append(next(blocks))
            patience -= len(heard[-1])
    assert player.close(20)
    assert said == []
    there = np.concatenate(heard)
    there = there[int(np.argmax(there != 0.0)) :]
    np.testing.assert_array_equal(there[:1600], played[:1600])
    # A machine that is too busy may leave a gap, but the end must not be cut off.
    assert np.isin(played[-1600:], there).all()
