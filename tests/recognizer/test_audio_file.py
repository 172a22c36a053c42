import io
import os
import re
import struct
import sys
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recognizer.audio_file import AudioFile
from recognizer.errors import AudioError

RATE = 16_000


def tone(seconds: float = 1.0, rate: int = RATE, hz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype("f4")


def heard(path, **options) -> np.ndarray:
    blocks = list(AudioFile(path, **options))
    for block in blocks:
        assert block.dtype == np.float32
        assert block.ndim == 1
        assert len(block)
    samples = np.concatenate([np.zeros(0, np.float32), *blocks])
    assert np.all(np.abs(samples) <= 1.0)
    return samples


def wav(samples: np.ndarray, rate: int = RATE, subtype: str = "PCM_16", form: str = "WAV") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype=subtype, format=form)
    return file.getvalue()


def header(
    data: bytes, *, rate=RATE, channels=1, bits=16, tag=1, size=None, extra=b"", frame_bytes=None
) -> bytes:
    """A WAV by hand; ``extra`` goes between the format and the data."""
    frame_bytes = channels * bits // 8 if frame_bytes is None else frame_bytes
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * frame_bytes, frame_bytes, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + extra
    size = len(data) if size is None else size
    body += b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.fixture
def pipe_in(monkeypatch):
    """Make standard input a pipe that the given bytes come through."""
    threads = []

    def feed(data: bytes) -> None:
        reading, writing = os.pipe()

        def write() -> None:
            with os.fdopen(writing, "wb") as end:
                try:
                    end.write(data)
                    end.flush()
                except BrokenPipeError:
                    os.dup2(os.open(os.devnull, os.O_WRONLY), writing)

        stream = io.TextIOWrapper(os.fdopen(reading, "rb"))
        monkeypatch.setattr(sys, "stdin", stream)
        thread = threading.Thread(target=write)
        thread.start()
        threads.append((thread, stream))

    yield feed
    for thread, stream in threads:
        stream.close()
        thread.join()


@pytest.mark.parametrize(
    ("suffix", "subtype", "error"),
    [
        ("wav", "PCM_U8", 1e-2),
        ("wav", "PCM_16", 1e-4),
        ("wav", "PCM_24", 1e-6),
        ("wav", "PCM_32", 1e-7),
        ("wav", "FLOAT", 0.0),
        ("wav", "DOUBLE", 1e-7),
        ("flac", "PCM_16", 1e-4),
        ("flac", "PCM_24", 1e-6),
        ("aiff", "PCM_16", 1e-4),
        ("au", "PCM_16", 1e-4),
        ("caf", "PCM_16", 1e-4),
        ("ogg", "VORBIS", 0.1),
        ("mp3", "MPEG_LAYER_III", 0.1),
    ],
)
def test_every_kind_of_file_is_read(tmp_path, suffix, subtype, error):
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(), RATE, subtype=subtype)
    samples = heard(path)
    assert len(samples) == RATE
    np.testing.assert_allclose(samples, tone(), rtol=0, atol=error)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_every_rate_becomes_16_khz(tmp_path, rate):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(rate=rate), rate, subtype="FLOAT")
    samples = heard(path)
    assert len(samples) == pytest.approx(RATE, abs=1)
    middle = slice(2_000, 14_000)
    np.testing.assert_allclose(samples[middle], tone()[middle], rtol=0, atol=2e-3)


@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_the_block_size_changes_nothing(tmp_path, rate):
    path = tmp_path / "noise.wav"
    noise = np.random.default_rng(3).uniform(-0.9, 0.9, 30_000)
    soundfile.write(path, noise, rate, subtype="FLOAT")
    whole = heard(path, block_samples=100_000)
    for block_samples in (1, 160, 333, 4096):
        np.testing.assert_array_equal(heard(path, block_samples=block_samples), whole)


def test_blocks_are_bounded(tmp_path):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(), RATE)
    assert max(len(block) for block in AudioFile(path, block_samples=333)) == 333
    with pytest.raises(ValueError, match="not 0"):
        AudioFile(path, block_samples=0)


def test_channels_are_averaged(tmp_path):
    path = tmp_path / "six.wav"
    channels = np.stack([tone(0.2, 96_000, 200.0 * (i + 1)) for i in range(6)], axis=1)
    soundfile.write(path, channels, 96_000, subtype="FLOAT")
    mono = tmp_path / "mono.wav"
    soundfile.write(mono, channels.mean(axis=1), 96_000, subtype="FLOAT")
    np.testing.assert_allclose(heard(path), heard(mono), rtol=0, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 11])
def test_a_few_samples_are_a_file_too(tmp_path, count):
    path = tmp_path / "short.wav"
    soundfile.write(path, tone()[:count], RATE)
    assert len(heard(path)) == count


@pytest.mark.parametrize("rate", [RATE, 48_000])
@pytest.mark.parametrize("by_pipe", [False, True])
def test_nan_infinity_and_overload_are_mended(tmp_path, pipe_in, rate, by_pipe):
    samples = tone(rate=rate)
    samples[100:104] = [np.nan, np.inf, -np.inf, 7.5]
    samples[5_000:9_000] = np.nan
    data = wav(samples, rate, "FLOAT")
    path = tmp_path / "bad.wav"
    path.write_bytes(data)
    if by_pipe:
        pipe_in(data)
    mended = heard("-" if by_pipe else path)
    assert len(mended) == RATE
    if rate == RATE:
        np.testing.assert_array_equal(mended[99:105], [samples[99], 0, 1, -1, 1, samples[104]])
        assert not mended[5_000:9_000].any()


def test_one_channel_of_nan_leaves_the_other(tmp_path):
    path = tmp_path / "bad.wav"
    soundfile.write(path, np.stack([tone(), np.full(RATE, np.nan)], axis=1), RATE, "FLOAT")
    np.testing.assert_allclose(heard(path), tone() / 2, rtol=0, atol=1e-6)


def test_doubles_too_large_for_a_float_are_clipped(tmp_path, pipe_in):
    data = wav(np.array([1e300, -1e300, 0.25]), RATE, "DOUBLE")
    (tmp_path / "x.wav").write_bytes(data)
    pipe_in(data)
    for path in (tmp_path / "x.wav", "-"):
        np.testing.assert_array_equal(heard(path), [1.0, -1.0, 0.25])


def test_memory_does_not_grow_with_the_length(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(44_100 * 60, np.int16), 44_100)
    sum(len(block) for block in AudioFile(path))
    tracemalloc.start()
    assert sum(len(block) for block in AudioFile(path)) == 60 * RATE
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 500_000


def test_it_closes_its_file_at_the_end_and_on_exit(tmp_path):
    path = tmp_path / "tone.raw"
    path.write_bytes(bytes(100))
    sound = AudioFile(path, raw=True)
    assert sum(len(block) for block in sound) == 50
    assert sound._stream.closed
    with AudioFile(path, raw=True) as sound:
        assert sound.native_rate == RATE
    assert sound._stream.closed


# What cannot be read: one sentence each.


def sentence(path, **options) -> str:
    with pytest.raises(AudioError) as caught:
        heard(path, **options)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


def test_a_missing_file(tmp_path):
    assert sentence(tmp_path / "nowhere.wav") == f"There is no file '{tmp_path}/nowhere.wav'."


def test_a_folder(tmp_path):
    for raw in (False, True):
        assert "is a folder" in sentence(tmp_path, raw=raw)


def test_a_file_for_a_folder(tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    assert "not a directory" in sentence(tmp_path / "x" / "y.wav")


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.wav").touch()
    for raw in (False, True):
        assert "is empty" in sentence(tmp_path / "empty.wav", raw=raw)


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="the superuser may read anything")
def test_a_file_without_permission(tmp_path):
    (tmp_path / "mine.wav").write_bytes(wav(tone()))
    (tmp_path / "mine.wav").chmod(0)
    assert "permission denied" in sentence(tmp_path / "mine.wav")


@pytest.mark.parametrize("name", ["notes.wav", "notes.txt", "notes.raw", "notes.flac", "notes"])
def test_text(tmp_path, name):
    (tmp_path / name).write_text("These are no samples.\n" * 50)
    assert "no sound file" in sentence(tmp_path / name)


def test_a_name_that_is_empty():
    assert "name of the sound file is empty" in sentence("")


@pytest.mark.parametrize("length", [4, 11, 12, 16, 20, 30, 35, 36, 40, 43])
def test_a_wav_cut_off_in_its_header(tmp_path, pipe_in, length):
    data = wav(tone())[:length]
    (tmp_path / "cut.wav").write_bytes(data)
    said = sentence(tmp_path / "cut.wav")
    assert "damaged or incomplete header" in said or "ends within its header" in said
    pipe_in(data)
    assert "ends within its header" in sentence("-")


@pytest.mark.parametrize("length", [44, 45, 46, 1_001, 16_044])
@pytest.mark.parametrize("form", ["WAV", "RF64"])
def test_a_wav_cut_off_in_its_data_gives_what_is_there_and_says_so(tmp_path, pipe_in, form, length):
    whole = wav(tone(), form=form)
    header = len(whole) - 2 * RATE
    data = whole[: length - 44 + header]
    (tmp_path / "cut.wav").write_bytes(data)
    expected = heard_whole(tmp_path)[: (length - 44) // 2]
    pipe_in(data)
    for source in (tmp_path / "cut.wav", "-"):
        blocks = [np.zeros(0, np.float32)]
        with pytest.raises(
            AudioError, match=rf"its 1\.0 s only the first {(length - 44) / 32e3:.1f}"
        ):
            blocks.extend(AudioFile(source))
        np.testing.assert_array_equal(np.concatenate(blocks), expected)


@pytest.mark.parametrize("promised", [1, 2, 36, 44])
def test_a_wav_whose_header_is_a_little_wrong_is_forgiven(tmp_path, pipe_in, promised):
    data = bytearray(wav(tone()))
    data[40:44] = struct.pack("<I", 2 * RATE + promised)
    (tmp_path / "sloppy.wav").write_bytes(data)
    assert len(heard(tmp_path / "sloppy.wav")) == RATE
    pipe_in(bytes(data))
    assert len(heard("-")) == RATE


def heard_whole(folder: Path) -> np.ndarray:
    path = folder / "whole.wav"
    path.write_bytes(wav(tone()))
    return heard(path)


@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_a_damaged_flac_gives_what_can_be_read_and_says_how_much_that_was(tmp_path, rate):
    path = tmp_path / "cut.flac"
    noise = np.random.default_rng(4).uniform(-0.5, 0.5, 10 * rate)
    soundfile.write(path, noise, rate)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    blocks: list[np.ndarray] = []
    with pytest.raises(AudioError, match=r"only its first \d\.\d s can be read") as caught:
        blocks.extend(AudioFile(path))
    told_s = float(re.search(r"(\d\.\d) s", str(caught.value))[1])
    assert sum(map(len, blocks)) / RATE == pytest.approx(told_s, abs=0.051)
    assert told_s > 4.0
    assert "damaged or cut off" in sentence(path)


# Standard input.


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_a_wav_through_a_pipe_is_what_it_is_as_a_file(tmp_path, pipe_in, subtype, form, channels):
    noise = np.random.default_rng(5).uniform(-1, 1, (5_003, channels))
    data = wav(noise, 22_050, subtype, form)
    (tmp_path / "x.wav").write_bytes(data)
    pipe_in(data)
    np.testing.assert_allclose(heard("-"), heard(tmp_path / "x.wav"), rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_sizes_that_streaming_writers_leave_mean_until_the_end(pipe_in, size):
    samples = np.arange(20_000, dtype="<i2")
    pipe_in(header(samples.tobytes(), size=size))
    np.testing.assert_array_equal(heard("-"), samples.astype("f4") / 32768)


def test_what_follows_the_data_is_no_sound(pipe_in):
    samples = np.arange(1_000, dtype="<i2")
    pipe_in(header(samples.tobytes()) + b"LIST" + struct.pack("<I", 4_000) + b"\x7f" * 4_000)
    assert len(heard("-")) == 1_000


def test_other_chunks_before_the_data_are_skipped(pipe_in):
    samples = np.arange(1_000, dtype="<i2")
    extra = b"LIST" + struct.pack("<I", 4_001) + bytes(4_002) + b"fact" + struct.pack("<II", 4, 9)
    pipe_in(header(samples.tobytes(), extra=extra))
    assert len(heard("-")) == 1_000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"R", "no WAV"),
        (b"not a sound at all, sorry", "no WAV"),
        (b"RIFF\0\0\0\0AVI LIST", "no WAV"),
        (wav(tone(), form="FLAC"), "is FLAC"),
        (wav(tone(), subtype="VORBIS", form="OGG"), "is Ogg"),
        (wav(tone(), form="AIFF"), "is AIFF"),
        (wav(tone(), subtype="ULAW"), "format 0x0007 with 8 bits"),
        (header(bytes(100), bits=12, frame_bytes=2), "with 12 bits"),
        (header(bytes(100), channels=0), "contradicts itself"),
        (header(bytes(100), rate=0), "contradicts itself"),
        (header(bytes(100), frame_bytes=7), "contradicts itself"),
        (header(bytes(100), tag=0xFFFE), "format 0xfffe"),
        (b"RIFF\0\0\0\0WAVEdata" + struct.pack("<I", 8) + bytes(8), "no 'fmt ' chunk"),
        (b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", 8) + bytes(8), "ends within its header"),
        (b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\xff" + bytes(99), "ends within its header"),
    ],
)
def test_what_a_pipe_cannot_hold(pipe_in, data, said):
    pipe_in(data)
    assert said in sentence("-")


def test_compressed_streams_are_told_of_the_way_out(pipe_in):
    pipe_in(wav(tone(), form="FLAC"))
    text = sentence("-")
    assert text == (
        "Standard input is FLAC; give a stream as WAV, or as 16 kHz mono 16-bit PCM with --raw."
    )


@pytest.mark.parametrize("length", [0, 1, 2, 3, 20_000, 20_001])
def test_raw_pcm_of_any_length(pipe_in, tmp_path, length):
    data = np.arange(10_001, dtype="<i2").tobytes()[:length]
    expected = np.arange(length // 2, dtype="f4") / 32768
    pipe_in(data)
    np.testing.assert_array_equal(heard("-", raw=True), expected)
    if length:
        (tmp_path / "x.pcm").write_bytes(data)
        np.testing.assert_array_equal(heard(tmp_path / "x.pcm", raw=True), expected)


def test_a_live_pipe_gives_samples_as_they_arrive(monkeypatch):
    reading, writing = os.pipe()
    with io.TextIOWrapper(os.fdopen(reading, "rb")) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        os.write(writing, header(b"", size=0xFFFFFFFF))
        with AudioFile("-") as sound:
            blocks = iter(sound)
            os.write(writing, bytes(3))
            assert len(next(blocks)) == 1
            os.write(writing, bytes(1) + struct.pack("<hh", 16384, -16384) + b"\x00")
            np.testing.assert_array_equal(next(blocks), [0, 0.5, -0.5])
            os.write(writing, b"\x40")
            np.testing.assert_array_equal(next(blocks), [0.5])
            os.close(writing)
            assert list(blocks) == []
        assert not stream.closed


def test_a_fifo_is_read_like_standard_input(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    data = wav(tone())
    thread = threading.Thread(target=path.write_bytes, args=(data,))
    thread.start()
    np.testing.assert_allclose(heard(path), tone(), rtol=0, atol=1e-4)
    thread.join()


def test_no_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert "closed" in sentence("-")


def test_a_terminal_as_standard_input(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    assert "terminal" in sentence("-")


def test_a_folder_as_standard_input(monkeypatch, tmp_path):
    class Folder(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            raise IsADirectoryError(21, "Is a directory")

    stream = io.TextIOWrapper(io.BufferedReader(Folder()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert sentence("-") == "Standard input cannot be read: is a directory."
