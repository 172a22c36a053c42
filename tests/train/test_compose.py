from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from recognizer.classifier import Classifier
from recognizer.decision import WINDOWS_BACK, Decision
from recognizer.events import Detection, Rejection
from recognizer.log_mel import FrontendParameters
from recognizer.model_metadata import UNKNOWN
from recognizer.recognizer import Recognizer
from tests.made_recordings import RATE, SENTENCE, burst, sentence
from train import compose
from train.augment import rms_db
from train.compose import USUAL, Shares, compose_noise, compose_speech, compose_words
from train.live_windows import cut_windows
from train.sources import Pool, Recording, Sentence, Sources

FRONTEND = FrontendParameters()
KEYWORDS = ("one", "two")
GLUED = replace(USUAL, glued=1.0, breath=0.0)


def int16(samples):
    return (samples * 32767).astype(np.int16)


@pytest.fixture(scope="module")
def sources():
    """Noise bursts for words, a room with little reverberation."""
    pools = {}
    for number, label in enumerate((*KEYWORDS, UNKNOWN)):
        recordings = [
            Recording(
                int16(burst(10 * number + speaker, word_s=0.25 + 0.05 * speaker)),
                label,
                round(0.2 * RATE),
                round((0.45 + 0.05 * speaker) * RATE),
                "an4",
                str(speaker),
            )
            for speaker in range(4)
        ]
        pools[label] = Pool(recordings)
    words = tuple(
        (word.text if word.text in KEYWORDS else UNKNOWN, word.start, word.end) for word in SENTENCE
    )
    sentences = [Sentence(int16(sentence(i)), words, "an4", str(i)) for i in range(3)]
    noises = [int16(burst(50 + i, word_s=2.0)) for i in range(3)]
    room = np.zeros(1200, np.float32)
    room[40], room[400], room[1100] = 1.0, 0.3, -0.1
    return Sources(pools, sentences, noises, [room])


@pytest.fixture
def clean(monkeypatch):
    """Streams as they are before noise, microphone and converter."""
    monkeypatch.setattr(compose, "finish", lambda rng, samples, *_: samples)


def power_of(samples, truth, slack_s=0.0):
    """Mean power inside the words, and outside of them where they are made longer by slack."""
    inside, near = np.zeros(len(samples), bool), np.zeros(len(samples), bool)
    for word in truth:
        inside[round(word.start * RATE) : round(word.end * RATE)] = True
        first = max(0, round((word.start - slack_s) * RATE))
        near[first : round((word.end + slack_s) * RATE)] = True
    power = np.square(samples, dtype=np.float64)
    return power[inside].mean(), power[~near].mean()


@pytest.mark.parametrize("seed", range(8))
def test_words_lie_where_the_truth_says(sources, clean, seed):
    rng = np.random.default_rng(seed)
    samples, truth = compose_words(rng, sources, KEYWORDS, 10, replace(USUAL, glued=0.0))
    assert samples.dtype == np.float32
    assert len(truth) == 10
    assert {word.label for word in truth} <= {*KEYWORDS, UNKNOWN}
    inside, outside = power_of(samples, truth, slack_s=0.02)
    # Nothing but the words and the noise of crowd recordings, 8 dB below them or more.
    assert outside < inside / 6
    for word in truth:
        assert 0.19 < word.end - word.start < 0.55
        piece = samples[round(word.start * RATE) : round(word.end * RATE)]
        edges = round(0.03 * RATE)
        assert rms_db(piece) > -34 - 4 * 3 - 3
        # Energy from the first moment to the last, so that no place is off by more than 30 ms.
        assert rms_db(piece[:edges]) > rms_db(piece) - 9
        assert rms_db(piece[-edges:]) > rms_db(piece) - 9


def test_words_follow_each_other_with_pauses(sources, clean):
    for seed in range(5):
        samples, truth = compose_words(np.random.default_rng(seed), sources, KEYWORDS, 10)
        assert truth[0].start >= 0.3
        for earlier, later in pairwise(truth):
            assert later.start - earlier.end >= 0.2
        assert truth[-1].end + 0.5 <= len(samples) / RATE


def test_keywords_and_other_words_are_both_composed(sources, clean):
    rng = np.random.default_rng(0)
    truth = [word for _ in range(20) for word in compose_words(rng, sources, KEYWORDS, 10)[1]]
    count = Counter(word.label for word in truth)
    # A keyword that became part of a longer word is none.
    assert count[UNKNOWN] == pytest.approx(103, abs=25)
    assert count["one"] == pytest.approx(48, abs=20)
    assert count["two"] == pytest.approx(48, abs=20)


@pytest.mark.parametrize(
    "shares",
    [{"noise": 0.6, "speech": 0.5}, {"near": 1.1}, {"glued": 0.9, "breath": 0.2}],
)
def test_shares_of_more_than_all_are_refused(shares):
    with pytest.raises(TypeError, match="more than 1"):
        Shares(**shares)


def test_near_words_have_a_share_of_their_own(sources, clean):
    def word(name):
        return Recording(int16(burst(5)), UNKNOWN, 3200, 6400, "an4", "a", name)

    words = {name: Pool([word(name)]) for name in ("tree", *(f"w{number}" for number in range(50)))}
    both = replace(sources, words=words, near=("tree",))
    _, truth = compose_words(np.random.default_rng(0), both, KEYWORDS, 600)
    others = [one.word for one in truth if one.label == UNKNOWN and one.word not in KEYWORDS]
    near = others.count("tree") / sum(one.label == UNKNOWN for one in truth)
    assert near == pytest.approx(USUAL.near, abs=0.08)
    without = replace(both, near=())
    _, truth = compose_words(np.random.default_rng(0), without, KEYWORDS, 600)
    assert 0 < sum(one.word == "tree" for one in truth) < 30


def test_some_streams_come_over_a_telephone(sources, monkeypatch):
    called = []

    def telephone(rng, samples):
        called.append(len(samples))
        return samples

    monkeypatch.setattr(compose.augment, "telephone", telephone)
    for seed in range(100):
        compose_noise(np.random.default_rng(seed), sources, 1)
    assert len(called) == pytest.approx(100 * USUAL.telephone, abs=12)


@pytest.mark.parametrize("seed", range(6))
def test_sentences_lie_where_the_truth_says(sources, clean, seed):
    samples, truth = compose_speech(np.random.default_rng(seed), sources, 4)
    assert len(truth) == 4 * len(SENTENCE)
    inside, outside = power_of(samples, truth, slack_s=0.05)
    assert outside < inside / 10
    for word in truth:
        assert rms_db(samples[round(word.start * RATE) : round(word.end * RATE)]) > -50


def test_noise_says_nothing(sources):
    samples, truth = compose_noise(np.random.default_rng(0), sources, 12)
    assert truth == []
    assert len(samples) > 12 * 0.2 * RATE
    assert rms_db(samples) > -60


@pytest.mark.parametrize("seed", range(8))
def test_a_stream_is_what_a_converter_gives(sources, seed):
    samples, _ = compose_words(np.random.default_rng(seed), sources, KEYWORDS, 3)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() <= 1.0
    np.testing.assert_array_equal(samples * 32768, np.rint(samples * 32768))


@pytest.mark.parametrize("kind", ["words", "speech", "noise"])
def test_equal_seeds_give_equal_streams(sources, kind):
    def made(seed):
        rng = np.random.default_rng(seed)
        if kind == "words":
            return compose_words(rng, sources, KEYWORDS, 4)
        return (compose_speech if kind == "speech" else compose_noise)(rng, sources, 3)

    first, again, other = made(3), made(3), made(4)
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1]
    assert not np.array_equal(first[0], other[0])


def test_without_rooms_there_is_no_reverberation(sources):
    dry = Sources(sources.pools, sources.sentences, sources.noises, [])
    for seed in range(6):
        compose_words(np.random.default_rng(seed), dry, KEYWORDS, 2)
        compose_speech(np.random.default_rng(seed), dry, 2)


def test_books_are_drawn_as_often_as_commands(sources):
    book = Sentence(np.zeros(RATE, np.int16), ((UNKNOWN, 0.0, 1.0),), "librispeech", "19")
    both = Sources({}, [*sources.sentences, book], [], [])
    rng = np.random.default_rng(0)
    drawn = Counter(compose.draw_sentence(rng, both).corpus for _ in range(400))
    assert drawn["librispeech"] == pytest.approx(200, abs=40)


def test_babble_has_the_length_asked_for_and_mean_square_1(sources):
    together = compose.babble(np.random.default_rng(0), sources, 20_000)
    assert together.shape == (20_000,)
    assert rms_db(together) == pytest.approx(0.0, abs=0.01)


def test_varying_a_word_keeps_track_of_its_place(sources):
    recording = Recording(int16(burst(1)), "one", round(0.2 * RATE), round(0.6 * RATE), "an4", "a")
    lengths = set()
    for seed in range(40):
        samples, start, end = compose.vary(np.random.default_rng(seed), recording)
        assert 0 <= start < end <= len(samples)
        lengths.add(end - start)
        assert 0.4 / 1.26 <= (end - start) / RATE <= 0.4 / 0.77
        assert rms_db(samples[start:end]) > rms_db(samples[: max(1, start - 320)]) + 6
    assert len(lengths) > 20


QUIET, KEYWORD = 0.0, 0.5
SYLLABLE = Recording(np.full(RATE, 8192, np.int16), UNKNOWN, 1000, RATE - 1000, "an4", "a")


def keyword_at(start, word, behind):
    """A keyword of one level between samples of nothing, and its place."""
    samples = np.full(start + word + behind, QUIET, np.float32)
    samples[start : start + word] = KEYWORD
    return samples, start, start + word


def glued(seed, samples, place, other=SYLLABLE):
    """Whether a syllable leads, its place, the keyword's, that of both, and the syllable alone."""
    start, end = place
    before = samples.copy()
    rng = np.random.default_rng(seed)
    made, first, last = compose.glue(rng, samples, start, end, other)
    np.testing.assert_array_equal(samples, before)
    assert made.dtype == np.float32
    # A syllable begins with nothing, a keyword does not.
    leading = bool(made[first] == QUIET)
    lead = last - end if leading else first - start
    whole = np.pad(samples, (lead, len(made) - len(samples) - lead))
    syllable = made - whole
    places = np.flatnonzero(np.abs(syllable) > 1e-5)
    # Its first and last sample are faded to nothing.
    place = int(places[0]) - 1, int(places[-1]) + 2
    return leading, place, (start + lead, end + lead), (first, last), syllable


@pytest.mark.parametrize(
    ("start", "behind"), [(RATE, RATE), (0, 0), (500, 500), (0, RATE), (RATE, 0)]
)
def test_a_syllable_is_put_right_before_or_behind_a_keyword(start, behind):
    """In the middle of the samples, at their edges, and beyond these."""
    samples, *place = keyword_at(start, 6400, behind)
    gaps, sides = [], Counter()
    for seed in range(60):
        leading, syllable, keyword, extent, sound = glued(seed, samples, place)
        sides[leading] += 1
        gaps.append(keyword[0] - syllable[1] if leading else syllable[0] - keyword[1])
        assert extent == (min(syllable[0], keyword[0]), max(syllable[1], keyword[1]))
        assert 0 <= extent[0] < extent[1] <= len(sound)
        assert 0.06 - 1e-4 <= (syllable[1] - syllable[0]) / RATE <= 0.22
        level = rms_db(sound[slice(*syllable)]) - rms_db(samples[slice(*place)])
        assert -20.01 <= level <= 0.01
    assert -0.02 <= min(gaps) / RATE < 0
    assert 0.1 < max(gaps) / RATE <= 0.12
    assert sides[True] == pytest.approx(45, abs=9)


def test_a_syllable_of_a_short_recording_is_all_of_it():
    short = Recording(np.full(700, 8192, np.int16), UNKNOWN, 50, 650, "an4", "a")
    samples, *place = keyword_at(3000, 6400, 3000)
    for seed in range(10):
        _, syllable, *_ = glued(seed, samples, place, short)
        assert syllable[1] - syllable[0] == 600


def test_a_glued_keyword_is_unknown_and_covers_both(sources, clean):
    longest = 0.0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        samples, truth = compose_words(rng, sources, KEYWORDS, 10, GLUED)
        assert {word.label for word in truth} == {UNKNOWN}
        inside, outside = power_of(samples, truth, slack_s=0.02)
        assert outside < inside / 6
        # Longer than the longest word, slowed down as far as any is.
        longest = max(longest, *(word.end - word.start for word in truth))
        for earlier, later in pairwise(truth):
            assert later.start - earlier.end >= 0.2
    assert longest > 0.4 / 0.78 + 0.06


def test_syllables_are_the_speakers_own(sources, clean, monkeypatch):
    pairs = []
    keyword = []
    vary, glue = compose.vary, compose.glue

    def note_keyword(rng, recording):
        keyword[:] = [recording]
        return vary(rng, recording)

    def note_pair(rng, samples, start, end, other):
        pairs.append((*keyword, other))
        return glue(rng, samples, start, end, other)

    monkeypatch.setattr(compose, "vary", note_keyword)
    monkeypatch.setattr(compose, "glue", note_pair)
    compose_words(np.random.default_rng(0), sources, KEYWORDS, 40, GLUED)
    assert len(pairs) > 10
    for said, other in pairs:
        assert said.label in KEYWORDS
        assert other.label == UNKNOWN
        assert other.speaker == said.speaker


def test_a_share_of_the_keywords_is_glued_or_breathed_before(sources, clean, monkeypatch):
    calls = Counter()
    monkeypatch.setattr(
        compose, "glue", lambda rng, samples, start, end, _: calls.update("g") or (samples, 1, 2)
    )
    monkeypatch.setattr(
        compose, "breathe", lambda rng, samples, start, end: calls.update("b") or samples
    )
    monkeypatch.setattr(compose, "vary", lambda rng, one: (one.read(), one.start, one.end))
    dry = Sources(sources.pools, [], [], [])
    _, truth = compose_words(np.random.default_rng(0), dry, KEYWORDS, 1000)
    keywords = sum(word.label != UNKNOWN for word in truth) + calls["g"]
    assert calls["g"] / keywords == pytest.approx(USUAL.glued, abs=0.04)
    assert calls["b"] / keywords == pytest.approx(USUAL.breath, abs=0.03)


def test_a_breath_leaves_the_word_alone():
    samples, start, end = keyword_at(RATE, 6400, 3000)
    before = samples.copy()
    for seed in range(40):
        made = compose.breathe(np.random.default_rng(seed), samples, start, end)
        np.testing.assert_array_equal(samples, before)
        assert made.dtype == np.float32
        assert len(made) == len(samples)
        # Apart from the word, as no sound of its own is.
        quiet = start - round(0.06 * RATE)
        np.testing.assert_array_equal(made[quiet:], samples[quiet:])
        places = np.flatnonzero(made[:quiet])
        breath = made[places[0] : places[-1] + 1]
        assert 0.035 <= len(breath) / RATE <= 0.3
        assert -32 <= rms_db(breath) - rms_db(samples[start:end]) <= -9


def test_without_room_before_the_word_there_is_no_breath():
    samples, start, end = keyword_at(1500, 6400, 3000)
    for seed in range(10):
        made = compose.breathe(np.random.default_rng(seed), samples, start, end)
        np.testing.assert_array_equal(made, samples)


def test_a_keyword_with_a_breath_before_it_stays_one(sources, clean, monkeypatch):
    breathe = compose.breathe
    # What a breath draws must not change which words are said.
    monkeypatch.setattr(
        compose, "breathe", lambda rng, *word: breathe(np.random.default_rng(0), *word)
    )
    truths = []
    for share in (0.0, 1.0):
        shares = replace(USUAL, glued=0.0, breath=share)
        # What a breath draws must not change which words are said.
        truths.append(compose_words(np.random.default_rng(0), sources, KEYWORDS, 20, shares))
    (plain, truth), (breathed, same) = truths
    assert same == truth
    assert {word.label for word in truth} == {*KEYWORDS, UNKNOWN}
    assert len(plain) == len(breathed)
    assert not np.array_equal(plain, breathed)


SETTLED_FRAMES = 40
"""So long after its end a word is settled in training (frames)."""


class Noting(Classifier):
    """Notes the windows it is asked about, in place of recognizing them."""

    labels = ("silence", "unknown", "one")
    frontend = FRONTEND
    threshold = 0.6

    def __init__(self, says):
        self.posterior = np.eye(3, dtype=np.float32)[self.labels.index(says)]
        self.windows = []

    def posteriors(self, window):
        self.windows.append(window.tobytes())
        return self.posterior


def live_stream(sources, kind, seed):
    rng = np.random.default_rng(seed)
    if kind == "words":
        samples, _ = compose_words(rng, sources, KEYWORDS, 6)
    elif kind == "speech":
        samples, _ = compose_speech(rng, sources, 3)
    else:
        samples, _ = compose_noise(rng, sources, 6)
    return np.concatenate((samples, np.zeros(RATE, np.float32)))


def hear(samples, block, says):
    classifier = Noting(says)
    recognizer = Recognizer(classifier)
    events = []
    for first in range(0, len(samples), block):
        events += recognizer.process(samples[first : first + block])
    return classifier.windows, events


@pytest.mark.parametrize("kind", ["words", "speech", "noise"])
@pytest.mark.parametrize(("seed", "block"), [(1, 333), (6, 4096), (3, 16000), (5, 777)])
def test_training_knows_the_very_windows_that_are_scored_live(sources, kind, seed, block):
    """A word that is recognized at once: bit for bit, in blocks of any size."""
    samples = live_stream(sources, kind, seed)
    windows, events = hear(samples, block, "one")
    if kind == "words":
        assert any(isinstance(event, Detection) for event in events)
        assert len(windows) >= 3
    trained_on = {window.tobytes() for _, _, window in cut_windows(samples, FRONTEND)}
    assert set(windows) <= trained_on


@pytest.mark.parametrize("kind", ["words", "speech", "noise"])
@pytest.mark.parametrize("seed", range(4))
def test_training_knows_the_windows_of_rejected_words(sources, kind, seed, monkeypatch):
    """Live, a rejected word is scored until it leaves the view; training settles it earlier."""
    samples = live_stream(sources, kind, seed)
    behind = []
    decide = Decision.hear

    def note(self, cut, posterior):
        def noted(end):
            behind.append(cut.now - cut.end)
            return posterior(end)

        return decide(self, cut, noted)

    monkeypatch.setattr(Decision, "hear", note)
    # Of a voice too long for a word, training knows the windows: see the test above.
    monkeypatch.setattr(Decision, "look_back", lambda *_: None)
    windows, events = hear(samples, 4096, "unknown")
    if kind == "words":
        assert [event for event in events if isinstance(event, Rejection)]
    trained_on = {window.tobytes() for _, _, window in cut_windows(samples, FRONTEND)}
    missing = [
        frames for window, frames in zip(windows, behind, strict=True) if window not in trained_on
    ]
    assert all(frames > SETTLED_FRAMES for frames in missing)
    assert len(missing) <= len(windows) / 3


def test_windows_have_the_models_shape_and_end_where_they_say(sources):
    samples = live_stream(sources, "words", 1)
    cuts = list(cut_windows(samples, FRONTEND))
    assert len(cuts) > 30
    assert len(cuts) % len(WINDOWS_BACK) == 0
    for cut, end, window in cuts:
        assert cut.now - end in WINDOWS_BACK
        assert cut.now * FRONTEND.hop_samples <= len(samples)
        assert window.shape == (FRONTEND.window_frames, FRONTEND.mel_bands)
        assert window.dtype == np.float32
        np.testing.assert_allclose(window.mean(axis=0), 0.0, atol=1e-3)


def test_nothing_is_cut_from_silence_or_from_too_little():
    assert list(cut_windows(np.zeros(3 * RATE, np.float32), FRONTEND)) == []
    assert list(cut_windows(np.zeros(100, np.float32), FRONTEND)) == []
