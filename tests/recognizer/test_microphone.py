import contextlib
import queue
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from recognizer import capture, microphone, portaudio
from recognizer.devices import list_devices
from recognizer.errors import DeviceError
from recognizer.microphone import Microphone
from tests.fake_sounddevice import UNAVAILABLE, FakeSounddevice, PortAudioError

RATE = 16_000


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.9, 0.9, count).astype(np.float32)


@pytest.fixture
def fake(monkeypatch):
    """Replace sounddevice, and hurry."""
    fake = FakeSounddevice()
    monkeypatch.setattr(portaudio, "load_sounddevice", lambda: fake)
    monkeypatch.setattr(microphone, "_RETRY_S", 0.01)
    monkeypatch.setattr(microphone, "_POLL_S", 0.005)
    yield fake
    assert not portaudio.portaudio._streams
    assert all(stream.closed for stream in fake.streams)


class Listening:
    """A thread that iterates over a microphone; what it hears and what it is told."""

    def __init__(self, **options) -> None:
        self.notices: queue.Queue[str] = queue.Queue()
        self.blocks: queue.Queue[np.ndarray] = queue.Queue()
        self.microphone = Microphone(**options, on_notice=self.notices.put)
        self._thread = threading.Thread(target=self._listen)

    def _listen(self) -> None:
        for block in self.microphone:
            self.blocks.put(block)

    def __enter__(self) -> "Listening":
        self.microphone.open()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.microphone.close()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def notice(self) -> str:
        return self.notices.get(timeout=20)

    def hear(self, count: int) -> np.ndarray:
        blocks = [np.zeros(0, np.float32)]
        while sum(map(len, blocks)) < count:
            blocks.append(self.blocks.get(timeout=20))
        return np.concatenate(blocks)


def test_it_opens_at_16_khz_and_gives_what_was_heard(fake):
    fake.plug("headset")
    with Microphone() as mic:
        assert mic.name == "headset"
        settings = fake.stream.settings
        assert (settings["samplerate"], settings["channels"]) == (RATE, 1)
        assert (settings["blocksize"], settings["latency"]) == (640, "low")
        blocks = iter(mic)
        for seed in range(3):
            fake.stream.feed(noise(320, seed))
            block = next(blocks)
            np.testing.assert_array_equal(block, noise(320, seed))
            assert block.dtype == np.float32
            assert mic.take_lost() == 0
    assert list(blocks) == []
    assert list(mic) == []


def test_it_opens_by_itself_when_iterated_over(fake):
    fake.plug("headset")
    mic = Microphone()
    assert mic.name == "the default microphone"
    with contextlib.closing(mic), Listening() as listening:
        fake.stream.feed(noise(320))
        assert len(listening.hear(320)) == 320


def test_a_device_that_cannot_do_16_khz_is_resampled(fake):
    fake.plug("studio", rate=48_000.0, rates=(48_000.0,))
    seconds = 2
    tone = np.sin(2 * np.pi * 440 * np.arange(seconds * 48_000) / 48_000).astype("f4") / 2
    with Microphone() as mic:
        assert fake.stream.settings["samplerate"] == 48_000
        assert fake.stream.settings["blocksize"] == 1_920
        assert mic.native_rate == 48_000
        blocks = iter(mic)
        for start in range(0, len(tone), 960):
            fake.stream.feed(tone[start : start + 960])
        # Those that are ready; the rest stays in the resampler.
        samples = np.concatenate([next(blocks), next(blocks)])
    expected = np.sin(2 * np.pi * 440 * np.arange(len(samples)) / RATE) / 2
    assert len(samples) > (seconds - 0.1) * RATE
    np.testing.assert_allclose(samples[500:], expected[500:], rtol=0, atol=1e-3)


def test_resampling_happens_on_the_readers_side(fake, monkeypatch):
    fake.plug("studio", rates=(48_000.0,))
    with Microphone() as mic:
        monkeypatch.setattr(mic._resampler, "process", lambda block: pytest.fail("in callback"))
        fake.stream.feed(noise(960))


def test_a_device_that_only_opens_with_all_channels(fake):
    fake.plug("interface", channels=4, fewest_channels=4)
    with Microphone() as mic:
        assert fake.stream.settings["channels"] == 4
        sound = noise(1_280).reshape(320, 4)
        fake.stream.feed(sound)
        np.testing.assert_array_equal(next(iter(mic)), sound[:, 0])


@pytest.mark.parametrize(("channel", "opened"), [(1, 2), (2, 2), (3, 3), (8, 8)])
def test_a_channel_can_be_chosen(fake, channel, opened):
    fake.plug("interface", channels=8)
    with Microphone(channel=channel) as mic:
        assert fake.stream.settings["channels"] == opened
        sound = noise(320 * opened).reshape(320, opened)
        fake.stream.feed(sound)
        np.testing.assert_array_equal(next(iter(mic)), sound[:, channel - 1])


@pytest.mark.parametrize("channel", [-1, 0, 3])
def test_a_channel_that_does_not_exist_is_refused(fake, channel):
    fake.plug("webcam", channels=2)
    with pytest.raises(DeviceError, match=f"'webcam' has no channel {channel}.* 1 to 2"):
        Microphone(channel=channel).open()


def test_nan_and_overload_are_mended(fake):
    fake.plug("headset")
    with Microphone() as mic:
        fake.stream.feed(np.array([0.5, np.nan, 3.0, -np.inf], np.float32))
        np.testing.assert_array_equal(next(iter(mic)), [0.5, 0.0, 1.0, -1.0])


# Faults when opening: one sentence each.


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        ("check_input_settings", UNAVAILABLE, "'headset' is busy: close the program"),
        ("InputStream", UNAVAILABLE, "'headset' is busy: close the program"),
        ("start", UNAVAILABLE, "'headset' is busy: close the program"),
        ("InputStream", ("Unanticipated host error", -9999), r"cannot be opened \(.*host error"),
        ("start", ("Internal error", -9986), r"cannot be opened \(.*Internal error"),
        ("query_devices", ("PortAudio not initialized", -10000), "finds no microphone"),
    ],
)
def test_a_device_that_cannot_be_opened(fake, call, error, sentence):
    fake.plug("headset")
    fake.failures[call] = [PortAudioError(*error) for _ in range(10)]
    with pytest.raises(DeviceError, match=sentence) as caught:
        Microphone().open()
    assert str(caught.value).endswith(".")


def test_no_device_and_wrong_names(fake):
    with pytest.raises(DeviceError, match="no microphone"):
        Microphone().open()
    fake.plug("headset")
    list_devices(refresh=True)
    with pytest.raises(DeviceError, match="No microphone is called 'x'; there are 0 'headset"):
        Microphone("x").open()


def test_a_refusal_at_one_rate_falls_back_to_the_other(fake):
    fake.plug("headset", rate=44_100.0, rates=(16_000.0, 44_100.0))
    fake.failures["InputStream"] = [PortAudioError("Unanticipated host error", -9999)]
    with Microphone() as mic:
        assert mic.native_rate == 44_100


def test_a_sound_system_that_hangs_is_not_waited_for(fake, monkeypatch):
    monkeypatch.setattr(portaudio, "ANSWER_TIMEOUT_S", 0.05)
    fake.plug("headset")
    with fake.hanging(), pytest.raises(DeviceError, match="has not answered"):
        Microphone().open()
    monkeypatch.undo()
    monkeypatch.setattr(portaudio, "load_sounddevice", lambda: fake)
    # What was opened too late has been closed again.
    assert portaudio.portaudio.call(lambda _: len(portaudio.portaudio._streams)) == 0


def test_a_stream_that_hangs_is_closed_in_bounded_time(fake, monkeypatch):
    monkeypatch.setattr(microphone, "_CLOSE_TIMEOUT_S", 0.05)
    fake.plug("headset")
    with Microphone() as mic:
        stack = contextlib.ExitStack()
        stack.enter_context(fake.hanging())
        mic.close()
        mic.close()
        stack.close()
    portaudio.portaudio.call(lambda _: None)


def test_more_sound_can_be_gathered_before_the_reader_wakes_up(fake, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(capture, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(microphone, "time", SimpleNamespace(monotonic=lambda: now[0]))
    fake.plug("headset")
    with Microphone() as mic:
        fake.stream.feed(noise(640))
        opened = mic._capture
        assert mic._pause_s(opened) == pytest.approx(mic.gather_s + microphone._SHORTEST_POLL_S)
        mic.gather_s = 0.12
        assert mic._pause_s(opened) == pytest.approx(0.12 + microphone._SHORTEST_POLL_S)
        now[0] += 0.11
        assert mic._pause_s(opened) == pytest.approx(0.01 + microphone._SHORTEST_POLL_S)
        now[0] += 0.5
        assert mic._pause_s(opened) == microphone._POLL_S


# Losses.


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_lost_samples_are_counted_at_16_khz(fake, monkeypatch, rate):
    monkeypatch.setattr(capture, "BUFFER_S", 1.0)
    fake.plug("headset", rate=float(rate), rates=(float(rate),))
    with Microphone() as mic:
        blocks = iter(mic)
        fake.stream.feed(noise(rate // 2))
        heard = len(next(blocks))
        sizes = [1_000, 12_345, 12_345]
        lost = 0
        for size in sizes:
            for _ in range(2):
                fake.stream.feed(noise(size))
            fake.stream.feed(noise(rate))
            heard += len(next(blocks))
            if rate != RATE:
                # The first block is the end of what came before the gap.
                assert mic.take_lost() == 0
                heard += len(next(blocks))
            lost += mic.take_lost()
        assert mic.take_lost() == 0
        assert lost == round(2 * sum(sizes) * RATE / rate)
        whole = RATE // 2 + len(sizes) * RATE + lost
        assert whole - 0.1 * RATE <= heard + lost <= whole + len(sizes)


def test_what_was_lost_lies_before_the_block(fake, monkeypatch):
    monkeypatch.setattr(capture, "BUFFER_S", 0.1)
    fake.plug("headset")
    sound = noise(5_000)
    with Microphone() as mic:
        blocks = iter(mic)
        fake.stream.feed(sound[:1_000])
        np.testing.assert_array_equal(next(blocks), sound[:1_000])
        fake.stream.feed(sound[1_000:])
        np.testing.assert_array_equal(next(blocks), sound[-1_600:])
        assert mic.take_lost() == 2_400


def test_dropouts_in_the_system_are_counted(fake):
    fake.plug("headset")
    with Microphone() as mic:
        assert mic.overflows == 0
        fake.stream.feed(noise(320), overflow=True)
        fake.stream.feed(noise(320))
        assert mic.overflows == 1


# Time.


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_the_time_of_capture(fake, monkeypatch, rate):
    now = [1_000.0]
    monkeypatch.setattr(capture, "time", SimpleNamespace(monotonic=lambda: now[0]))
    fake.plug("headset", rates=(float(rate),), rate=float(rate))
    with Microphone() as mic:
        # A callback of 20 ms whose first sample is 30 ms old: the last one is 10 ms old.
        fake.stream.feed(noise(rate // 50), age_s=0.03)
        assert mic.captured_at(320) == pytest.approx(999.99)
        assert mic.captured_at(0) == pytest.approx(999.97)
        now[0] = 1_001.0
        fake.stream.feed(noise(rate), age_s=0.0)
        assert mic.captured_at(320 + RATE) == pytest.approx(1_001.0)


def test_the_time_of_capture_before_anything_was_captured_is_now(fake, monkeypatch):
    monkeypatch.setattr("recognizer.microphone.time.monotonic", lambda: 7.0)
    assert Microphone().captured_at(0) == 7.0


# Silence.


def test_nothing_but_zeros_for_three_seconds_is_told_once(fake):
    fake.plug("headset")
    with Listening() as listening:
        fake.stream.feed(noise(320))
        for _ in range(7):
            fake.stream.feed(np.zeros(RATE, np.float32))
        listening.hear(320 + 7 * RATE)
        assert listening.notice().startswith(
            "The microphone 'headset' gives nothing but digital silence: it is muted"
        )
        assert listening.notices.empty()


def test_a_quiet_room_is_no_digital_silence(fake):
    fake.plug("headset")
    faint = np.zeros(2 * RATE, np.float32)
    faint[-1] = 1e-5
    with Listening() as listening:
        for _ in range(4):
            fake.stream.feed(faint)
        listening.hear(8 * RATE)
        assert listening.notices.empty()


# A device that vanishes.


def test_a_vanished_device_is_found_again_by_its_name(fake):
    fake.plug("built-in")
    fake.plug("USB headset")
    with Listening(device="headset") as listening:
        fake.stream.feed(noise(320, 1))
        np.testing.assert_array_equal(listening.hear(320), noise(320, 1))
        fake.plugged.clear()
        fake.plug("built-in")
        fake.started.clear()
        fake.stream.die()
        assert listening.notice() == (
            "The microphone 'USB headset' is gone; listening goes on as soon as it is back."
        )
        fake.plugged.clear()
        for name in ("new first", "built-in", "old headset", "USB headset"):
            fake.plug(name)
        assert fake.started.wait(20)
        assert fake.stream.settings["device"] == 3
        fake.stream.feed(noise(320, 2))
        assert listening.notice() == "The microphone 'USB headset' is back."
        np.testing.assert_array_equal(listening.hear(320), noise(320, 2))
        assert listening.microphone.take_lost() == 0
        assert fake.streams[0].closed


def test_the_default_device_may_become_another_one(fake):
    fake.plug("USB headset")
    with Listening() as listening:
        fake.stream.feed(noise(320))
        fake.plugged.clear()
        fake.plug("built-in", rates=(48_000.0,))
        fake.started.clear()
        fake.stream.die()
        assert "'USB headset' is gone" in listening.notice()
        assert fake.started.wait(20)
        fake.stream.feed(noise(960))
        assert listening.notice() == "The microphone 'built-in' is back."
        assert listening.microphone.native_rate == 48_000


def test_a_device_without_callbacks_is_gone_too(fake, monkeypatch):
    monkeypatch.setattr(microphone, "_DEAD_AFTER_S", 0.02)
    monkeypatch.setattr(microphone, "_STARTING_S", 0.05)
    fake.plug("headset")
    with Listening() as listening:
        assert "is gone" in listening.notice()


def test_a_stream_that_opens_but_stays_dead_is_not_called_back(fake, monkeypatch):
    fake.plug("headset")
    with Listening() as listening:
        fake.stream.feed(noise(320))
        # Not before, or the first stream may be taken for dead, too.
        monkeypatch.setattr(microphone, "_STARTING_S", 0.02)
        fake.stream.die()
        assert "is gone" in listening.notice()
        while len(fake.streams) < 4:
            fake.started.wait(0.01)
        assert listening.notices.empty()


def test_what_was_heard_before_it_vanished_is_not_forgotten(fake):
    fake.plug("headset", rates=(48_000.0,))
    with Microphone() as mic:
        fake.stream.feed(noise(48_000))
        fake.stream.die()
        blocks = iter(mic)
        heard = len(next(blocks)) + len(next(blocks))
        assert heard == RATE


def test_closing_ends_the_search(fake):
    fake.plug("headset")
    with Listening() as listening:
        fake.plugged.clear()
        fake.stream.die()
        assert "is gone" in listening.notice()


def test_the_time_of_capture_goes_on_behind_an_interruption(fake, monkeypatch):
    now = [50.0]
    monkeypatch.setattr(capture, "time", SimpleNamespace(monotonic=lambda: now[0]))
    fake.plug("headset")
    with Listening() as listening:
        fake.stream.feed(noise(RATE))
        listening.hear(RATE)
        fake.started.clear()
        fake.stream.die()
        listening.notice()
        assert fake.started.wait(20)
        now[0] = 90.0
        fake.stream.feed(noise(RATE))
        listening.notice()
        listening.hear(RATE)
        assert listening.microphone.captured_at(2 * RATE) == pytest.approx(90.0)
        assert listening.microphone.captured_at(RATE) == pytest.approx(89.0)


def test_the_list_is_not_refreshed_under_an_open_stream(fake):
    fake.plug("headset")
    with Microphone():
        fake.plug("webcam")
        assert [found.name for found in list_devices(refresh=True)] == ["headset"]
    assert [found.name for found in list_devices(refresh=True)] == ["headset", "webcam"]


# The real thing, on a virtual device.


PATIENCE_SAMPLES = 10 * RATE
"""What is played last must be heard within so much sound; on its way it waits in the server."""


def heard_while(mic: Microphone, play, until=lambda samples: True) -> np.ndarray:
    """Listen while another thread plays, and until what was played is there."""
    played = threading.Event()
    failed = []

    def run() -> None:
        try:
            play()
        except BaseException as error:
            failed.append(error)
            mic.close()
            raise
        finally:
            played.set()

    thread = threading.Thread(target=run)
    thread.start()
    samples = np.zeros(0, np.float32)
    heard_since = 0
    for block in mic:
        samples = np.concatenate((samples, block))
        is_played = played.is_set()
        heard_since += len(block) * is_played
        if (until(samples) and is_played) or heard_since > PATIENCE_SAMPLES:
            break
    thread.join()
    assert not failed
    return samples


def has_sound(count: int):
    """Tell whether so many samples have been heard from the first that is not zero."""
    return lambda samples: samples.any() and len(after_silence(samples, count)) == count


def after_silence(samples: np.ndarray, count: int) -> np.ndarray:
    start = int(np.flatnonzero(samples)[0])
    return samples[start : start + count]


def test_real_every_sample_played_is_heard(virtual_microphone):
    assert [found.name for found in list_devices() if found.is_default] == ["default"]
    played = noise(5 * RATE)
    with Microphone() as mic:
        heard = heard_while(mic, lambda: virtual_microphone.play(played), has_sound(len(played)))
        assert mic.take_lost() == 0
    np.testing.assert_array_equal(after_silence(heard, len(played)), played)


def test_real_a_device_at_its_native_rate(virtual_microphone, monkeypatch):
    import sounddevice

    check = sounddevice.check_input_settings

    def refuse(**settings):
        if settings["samplerate"] == RATE:
            raise sounddevice.PortAudioError("Invalid sample rate", -9997)
        check(**settings)

    monkeypatch.setattr(sounddevice, "check_input_settings", refuse)
    tone = (np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE) / 2).astype("f4")
    with Microphone("pulse") as mic:
        assert mic.native_rate == 44_100
        # The resampler begins a little before the tone and ends a little behind it.
        heard = heard_while(mic, lambda: virtual_microphone.play(tone), has_sound(3 * RATE))
    loud = heard[np.abs(heard) > 0.01]
    assert len(loud) == pytest.approx(len(tone), rel=0.02)
    spectrum = np.abs(np.fft.rfft(after_silence(heard, 2 * RATE)[:RATE] * np.hanning(RATE)))
    assert np.argmax(spectrum) == 440


@pytest.mark.parametrize("channel", [1, 2])
def test_real_a_channel_is_chosen(virtual_microphone, channel):
    played = noise(2 * RATE).reshape(RATE, 2)
    virtual_microphone.choose("stereo")
    try:
        with Microphone(channel=channel) as mic:
            heard = heard_while(
                mic, lambda: virtual_microphone.play(played, sink="stereo"), has_sound(RATE)
            )
    finally:
        virtual_microphone.choose("speaker")
    np.testing.assert_array_equal(after_silence(heard, RATE), played[:, channel - 1])


def test_real_silence_is_told(virtual_microphone):
    notices = []
    with Microphone(on_notice=notices.append) as mic:
        # Longer than it takes to be told, were it told once more.
        heard = heard_while(mic, lambda: None, lambda samples: len(samples) > 7 * RATE)
    assert not heard.any()
    assert len(notices) == 1
    assert "digital silence" in notices[0]


def test_real_the_device_vanishes_and_comes_back(virtual_microphone):
    played = noise(RATE)
    first_is_there = threading.Event()
    notices: queue.Queue[str] = queue.Queue()

    def play() -> None:
        virtual_microphone.play(played)
        # What waits in a server dies with it.
        assert first_is_there.wait(60)
        virtual_microphone.stop()
        assert "is gone" in notices.get(timeout=30)
        virtual_microphone.start()
        assert "is back" in notices.get(timeout=30)
        virtual_microphone.play(played)

    def both_are_there(samples: np.ndarray) -> bool:
        count = np.count_nonzero(samples)
        if count >= RATE:
            first_is_there.set()
        return bool(count >= 2 * RATE)

    with Microphone(on_notice=notices.put) as mic:
        heard = heard_while(mic, play, both_are_there)
    np.testing.assert_array_equal(heard[heard != 0], np.concatenate((played, played)))


def test_real_a_server_that_hangs_is_survived(virtual_microphone):
    notices: queue.Queue[str] = queue.Queue()

    def play() -> None:
        virtual_microphone.wait_for_listener()
        virtual_microphone.freeze()
        try:
            assert "is gone" in notices.get(timeout=30)
        finally:
            virtual_microphone.thaw()
        assert "is back" in notices.get(timeout=30)

    with Microphone(on_notice=notices.put) as mic:
        heard_while(mic, play)
