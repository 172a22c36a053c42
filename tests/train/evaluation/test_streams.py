import numpy as np
import pytest
import soundfile

from tests.made_recordings import RATE, burst, make_recordings, speech_commands_speaker
from train.errors import DataError
from train.evaluation.stream_groups import GROUPS, LEVEL_DB, Recordings, build_stream
from train.evaluation.streams import StreamBuilder, at_level, trimmed, voiced_extent

KEYWORDS = ("one", "three", "five")


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    return Recordings(make_recordings(tmp_path_factory.mktemp("data")))


def rms_db(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12)


def test_the_extent_of_a_word_is_found_between_quiet():
    start, end = voiced_extent(burst(1, before_s=0.2, word_s=0.4, after_s=0.3))

    assert start / RATE == pytest.approx(0.2, abs=0.025)
    assert end / RATE == pytest.approx(0.6, abs=0.025)


def test_a_closure_belongs_to_the_word_and_a_click_does_not():
    closure = np.concatenate([burst(1, after_s=0.15), burst(2, before_s=0, word_s=0.1)])
    start, end = voiced_extent(closure)
    assert start / RATE == pytest.approx(0.2, abs=0.025)
    assert end / RATE == pytest.approx(0.85, abs=0.025)

    click = np.concatenate([burst(3, word_s=0.01, level=0.9), burst(4)])
    start, end = voiced_extent(click)
    assert start / RATE == pytest.approx(0.71, abs=0.025)
    assert end / RATE == pytest.approx(1.11, abs=0.025)


@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_the_extent_does_not_depend_on_offset_or_level(offset):
    samples = burst(1)

    assert voiced_extent(samples * np.float32(0.1) + np.float32(offset)) == voiced_extent(samples)


@pytest.mark.parametrize("samples", [0, 1, 400, 16000])
def test_a_recording_without_a_word_is_taken_whole(samples):
    assert voiced_extent(np.zeros(samples, np.float32)) == (0, samples)


def test_a_tight_recording_is_taken_nearly_whole():
    start, end = voiced_extent(burst(1, before_s=0, after_s=0))

    assert start <= 0.02 * RATE
    assert end >= 0.38 * RATE


def test_the_level_is_that_of_the_voiced_part():
    samples = at_level(burst(1), -26.0)
    start, end = voiced_extent(samples)

    assert rms_db(samples[start:end]) == pytest.approx(-26.0, abs=0.1)
    assert samples.dtype == np.float32


def test_digital_silence_has_no_level():
    assert not at_level(np.zeros(1600, np.float32), -26.0).any()


def test_trimming_leaves_a_margin():
    assert len(trimmed(burst(1), 0.05)) / RATE == pytest.approx(0.5, abs=0.04)


def test_the_truth_lies_where_the_recording_was_pasted():
    builder = StreamBuilder(np.random.default_rng(0), floor_db=None)
    builder.add_quiet(1.0)
    builder.add_word(burst(1), "one", speaker="a", corpus="made", source="one/a.wav")
    builder.add_quiet(0.5)
    builder.add_speech(
        burst(2, word_s=2), ("no", "one"), speaker="b", corpus="made", source="b.wav"
    )
    stream = builder.build("made", "test", "noise")

    word, speech = stream.truth
    assert (word.label, word.speaker, word.source) == ("one", "a", "one/a.wav")
    assert word.start == pytest.approx(1.2, abs=0.025)
    assert word.end == pytest.approx(1.6, abs=0.025)
    assert (speech.label, speech.transcript) == ("", ("no", "one"))
    assert (speech.start, speech.end) == (2.4, 4.9)
    assert stream.seconds == pytest.approx(4.9)
    assert (stream.clips, stream.speakers) == (2, 2)


@pytest.mark.parametrize(("floor_db", "expected"), [(None, -120.0), (-70.0, -70.0)])
def test_the_floor_fills_the_quiet(floor_db, expected):
    builder = StreamBuilder(np.random.default_rng(0), floor_db)
    builder.add_quiet(2.0)

    assert rms_db(builder.build("", "", "").samples / 32768) == pytest.approx(expected, abs=0.3)


def test_loud_samples_are_clipped_not_wrapped():
    builder = StreamBuilder(np.random.default_rng(0), None)
    builder.add_noise(np.array([-3.0, 3.0], np.float32))

    assert builder.build("", "", "").samples.tolist() == [-32768, 32767]


def test_blocks_and_the_written_file_have_the_same_samples(tmp_path):
    builder = StreamBuilder(np.random.default_rng(0))
    builder.add_noise(burst(1))
    stream = builder.build("", "", "")
    stream.write(tmp_path / "stream.wav")

    read, rate = soundfile.read(tmp_path / "stream.wav", dtype="float32")
    np.testing.assert_array_equal(np.concatenate(list(stream.blocks(333))), read)
    assert rate == RATE


@pytest.mark.parametrize("group", GROUPS)
def test_a_stream_is_the_same_every_time_and_another_with_another_seed(recordings, group):
    first, again = (build_stream(group, recordings, keywords=KEYWORDS) for _ in range(2))
    other = build_stream(group, recordings, keywords=KEYWORDS, seed=1)

    np.testing.assert_array_equal(first.samples, again.samples)
    assert first.truth == again.truth
    assert first.samples.tobytes() != other.samples.tobytes()


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("split", ["test", "validation"])
def test_only_the_speakers_of_the_split_are_heard(recordings, group, split):
    stream = build_stream(group, recordings, keywords=KEYWORDS, split=split)
    if stream is None:
        assert split == "validation"
        return

    allowed = {speech_commands_speaker(split, number) for number in range(2)}
    crowd = {one.speaker for one in stream.truth if one.corpus == "speech_commands"}
    assert stream.split == split
    assert crowd <= allowed
    assert {one.speaker for one in stream.truth if one.corpus == "fsdd"} <= {"theo"}
    assert {one.speaker for one in stream.truth if one.corpus == "librispeech"} <= {"26"}


def test_accented_speakers_are_never_tuned_on(recordings):
    assert build_stream("accented", recordings, keywords=KEYWORDS, split="validation") is None
    stream = build_stream("accented", recordings, keywords=KEYWORDS)
    assert {one.label for one in stream.truth} == {"one", "eleven"}


def test_words_keep_their_distance_and_their_level(recordings):
    stream = build_stream("crowd", recordings, keywords=KEYWORDS)
    gaps = [b.start - a.end for a, b in zip(stream.truth, stream.truth[1:], strict=False)]

    assert {one.label for one in stream.truth} == {"one", "five"}
    # The recordings bring half a second of quiet along.
    assert all(0.7 + 0.4 < gap < 1.6 + 0.6 for gap in gaps)
    for one in stream.truth:
        word = stream.samples[round(one.start * RATE) : round(one.end * RATE)] / 32768
        assert LEVEL_DB[0] - 0.5 < rms_db(word) < LEVEL_DB[1] + 0.5


def test_the_stream_in_silence_is_the_same_stream_without_a_floor(recordings):
    noisy = build_stream("crowd", recordings, keywords=KEYWORDS)
    silent = build_stream("crowd_in_silence", recordings, keywords=KEYWORDS)

    assert silent.truth == noisy.truth
    assert not silent.samples[: RATE // 2].any()
    assert noisy.samples[: RATE // 2].any()


def test_a_digit_is_said_twice_by_the_same_speaker(recordings):
    stream = build_stream("twice", recordings, keywords=KEYWORDS)

    pairs = list(zip(stream.truth[::2], stream.truth[1::2], strict=True))
    assert all((a.label, a.speaker) == (b.label, b.speaker) for a, b in pairs)
    assert all(0.45 < b.start - a.end < 0.85 for a, b in pairs)
    # Theo has two takes of his digit.
    (theo,) = [pair for pair in pairs if pair[0].speaker == "theo"]
    assert theo[0].source != theo[1].source


def test_noise_lies_ten_decibel_below_the_words(recordings):
    stream = build_stream("noisy", recordings, keywords=KEYWORDS)

    assert "coffee-shop" in stream.content
    assert rms_db(stream.samples / 32768) > -45
    one = stream.truth[0]
    word = stream.samples[round(one.start * RATE) : round(one.end * RATE)] / 32768
    assert rms_db(word) == pytest.approx(-27.6, abs=1.5)


def test_commands_leave_out_utterances_with_keywords(recordings):
    stream = build_stream("commands", recordings, keywords=KEYWORDS)

    assert [one.transcript for one in stream.truth] == [("rubout", "g", "m")]


def test_a_limit_takes_fewer_recordings(recordings):
    assert build_stream("crowd", recordings, keywords=KEYWORDS, limit=2).clips == 2


def test_an_unknown_group_is_refused_with_the_names_of_the_groups(recordings):
    with pytest.raises(DataError, match=r"no group 'crowds'; the groups are crowd,"):
        build_stream("crowds", recordings, keywords=KEYWORDS)


def test_a_missing_corpus_is_named(tmp_path):
    with pytest.raises(DataError, match="fsdd"):
        build_stream("crowd", Recordings(tmp_path), keywords=KEYWORDS)


def test_a_stream_is_the_same_in_pieces_of_any_size(monkeypatch):
    def build():
        builder = StreamBuilder(np.random.default_rng(5))
        builder.add_quiet(0.7)
        builder.add_word(burst(1), "one", speaker="", corpus="", source="")
        builder.add_noise(burst(2, word_s=1.3))
        return builder.build("", "", "", background=burst(3)).samples

    whole = build()
    for size in (333, 16000, len(whole)):
        monkeypatch.setattr("train.evaluation.streams.BUILD_SAMPLES", size)
        np.testing.assert_array_equal(build(), whole)
    assert len(whole) == round(0.7 * RATE) + len(burst(1)) + len(burst(2, word_s=1.3))


def test_a_word_lies_where_it_is_said_to():
    builder = StreamBuilder(np.random.default_rng(0))
    builder.add_quiet(1.0)
    builder.add_word(burst(1), "one", speaker="", corpus="", source="", extent=(160, 320))

    (word,) = builder.build("", "", "").truth
    assert (word.start, word.end) == (1.01, 1.02)
