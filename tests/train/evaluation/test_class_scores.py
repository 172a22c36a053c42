import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from recognizer.events import Detection
from train.evaluation.class_scores import (
    MISSED,
    NOTHING,
    OTHER,
    Answer,
    class_figures,
    in_order,
    speaker_spread,
)
from train.evaluation.scoring import answers, delay_histogram, delay_percentiles, score, summarize
from train.evaluation.streams import Stream, Truth


def made(pairs, speaker="ann"):
    return [Answer(said, heard, speaker) for said, heard in pairs]


def test_precision_recall_and_f1_of_each_word_by_hand():
    figures = class_figures(
        made(
            [
                *(("one", "one"), ("one", "one"), ("one", "two"), ("one", MISSED)),
                *(("two", "two"), (OTHER, "two"), (OTHER, MISSED), (NOTHING, "one")),
            ]
        ),
        ("one", "two", "three"),
    )

    assert figures["classes"]["one"] == {
        "said": 4,
        "heard": 3,
        "right": 2,
        "precision": 2 / 3,
        "recall": 0.5,
        "f1": pytest.approx(4 / 7),
    }
    assert figures["classes"]["two"]["precision"] == pytest.approx(1 / 3)
    assert "three" not in figures["classes"]
    assert figures["macro"]["words"] == 2
    assert figures["macro"]["f1"] == pytest.approx((4 / 7 + 0.5) / 2)
    assert (figures["accuracy"]["count"], figures["accuracy"]["of"]) == (4, 7)
    confusion = figures["confusion"]
    assert confusion["said"] == ["one", "two", OTHER, NOTHING]
    assert confusion["heard"] == ["one", "two", MISSED]
    assert confusion["counts"] == [[2, 1, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0]]


def test_the_means_are_those_of_scikit_learn():
    random = np.random.default_rng(3)
    words = ["zero", "one", "two", "three"]
    said = random.choice(words, 200).tolist()
    # A word that is never heard has a precision of 0.
    heard = [one if random.random() < 0.6 else random.choice(words[:3]) for one in said]
    heard = [one if one != "three" else "two" for one in heard]

    macro = class_figures(made(zip(said, heard, strict=True)), words)["macro"]

    expected = precision_recall_fscore_support(said, heard, average="macro", zero_division=0)[:3]
    assert [macro[one] for one in ("precision", "recall", "f1")] == pytest.approx(list(expected))


def test_a_word_that_was_never_said_is_in_no_mean():
    figures = class_figures(made([("one", "one"), (OTHER, "two")]), ("one", "two"))

    assert figures["macro"] == {"words": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert figures["classes"]["two"]["recall"] is None
    assert figures["classes"]["two"]["f1"] == 0


def test_of_nothing_there_are_no_figures():
    figures = class_figures([], ("one",))

    assert figures["accuracy"]["share"] is None
    assert figures["macro"] == {"words": 0, "precision": None, "recall": None, "f1": None}
    assert figures["confusion"]["counts"] == [[0], [0]]
    assert speaker_spread([]) is None


def test_digits_come_in_their_order_and_before_other_words():
    assert in_order(["yes", "nine", "alexa", "zero", "two"]) == [
        *("zero", "two", "nine", "alexa", "yes")
    ]


def test_the_spread_is_over_speakers_not_words():
    rows = made([("one", "one")] * 8, "ann") + made([("one", "one"), ("one", "two")], "bob")
    rows += made([("one", MISSED)] * 4, "cat") + made([("one", "one")], "dan")

    spread = speaker_spread([*rows, *made([(OTHER, "one")], "eve"), *made([("one", MISSED)], "")])

    assert spread["speakers"] == 4
    assert spread["shares"] == [0.0, 0.5, 1.0, 1.0]
    assert (spread["lowest"], spread["median"], spread["highest"]) == (0.0, 0.75, 1.0)
    assert (spread["quartile_1"], spread["quartile_3"]) == (0.375, 1.0)


def test_one_unlucky_word_makes_nobody_the_worst_speaker():
    rows = made([("one", MISSED)], "unlucky") + made(
        [("one", MISSED)] * 9 + [("one", "one")], "bad"
    )

    worst = speaker_spread(rows, worst=1)["worst"]

    assert [row["speaker"] for row in worst] == ["bad"]
    assert (worst[0]["count"], worst[0]["of"]) == (1, 10)
    assert worst[0]["high"] == pytest.approx(0.404, abs=1e-3)


def stream_of(*truth):
    samples = np.broadcast_to(np.int16(0), 3600 * 16000)
    return Stream("made", samples, truth, "test", "nothing", len(truth))


def said(label, start, speaker="ann"):
    return Truth(label, start, start + 0.5, speaker, "made", f"{label}.wav")


def heard(label, start, delay=0.2):
    return Detection(label, 0.9, start, start + 0.5, start + 0.5 + delay)


def test_everything_reported_in_a_stream_answers_something_once():
    speech = Truth("", 100, 110, "bob", "made", "x.wav", ("one",))
    stream = stream_of(
        *(said("one", 1), said("one", 3), said("two", 5), said("cat", 7, ""), said("two", 9)),
        speech,
    )
    # Twice; right and wrong; missed; another word; missed; in speech that has it; in quiet.
    words = [heard("one", 1.0), heard("one", 1.3), heard("one", 3.0), heard("two", 3.3)]
    words += [heard("two", 7.0), heard("one", 103.0), heard("one", 50.0)]

    rows = answers(score(stream, words, ("one", "two")))

    assert rows == [
        Answer("one", "one", "made/ann"),
        Answer(NOTHING, "one"),
        Answer("one", "two", "made/ann"),
        Answer("two", MISSED, "made/ann"),
        Answer(OTHER, "two", ""),
        Answer("two", MISSED, "made/ann"),
        Answer(NOTHING, "one"),
    ]
    figures = summarize(score(stream, words, ("one", "two")))
    assert figures["classes"]["one"]["heard"] == 3
    assert figures["keywords"]["right"]["count"] == figures["classes"]["one"]["right"] == 1
    assert figures["speaker_spread"]["speakers"] == 1


def test_delays_have_percentiles_and_a_histogram_without_gaps():
    delays = [0.07, 0.08, 0.08, 0.11]

    assert delay_histogram(delays) == {"0.07": 1, "0.08": 2, "0.09": 0, "0.10": 0, "0.11": 1}
    found = delay_percentiles(delays)
    assert found["50"] == pytest.approx(0.08)
    assert found["95"] == pytest.approx(np.percentile(delays, 95))
    assert delay_percentiles([]) is None
    assert delay_histogram([]) == {}


@pytest.mark.parametrize("delay", [round(0.01 * step, 2) for step in range(-3, 60)])
def test_a_delay_on_the_edge_of_a_bar_belongs_to_the_bar(delay):
    assert [float(one) for one in delay_histogram([delay])] == [delay]
