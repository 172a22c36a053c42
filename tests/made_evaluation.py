"""A small evaluation with everything in it, of recordings and a model that do not exist."""

from pathlib import Path

import numpy as np

from recognizer.events import Detection, Rejection
from train.corpora import Clip
from train.evaluation.clip_scores import clip_figures
from train.evaluation.det import count_at, trade_off
from train.evaluation.pooling import pool, snr_curve
from train.evaluation.scoring import score, summarize
from train.evaluation.streams import Stream, Truth

NASTY = "<script>alert('$x^2$')</script>&\"'"
WORDS = ("one", NASTY)


def made_group(title, truth, words, seconds=1800):
    samples = np.broadcast_to(np.int16(0), seconds * 16000)
    stream = Stream("made", samples, truth, "test", f"made of {NASTY}", len(truth))
    scored = score(stream, words, WORDS)
    rows = [{**count_at(0.4, scored), "false_alarms": 3}, count_at(0.6, scored)]
    return {"title": title, **summarize(scored), "thresholds": rows}


def said(label, start, speaker):
    source = f"{label}/{speaker}.wav"
    return Truth(label, start, start + 0.5, speaker, "made", source)


def heard(label, start):
    return Detection(label, 0.9, start, start + 0.5, start + 0.62)


def made_result():
    """An evaluation with everything in it, and names that nobody should trust."""
    truth = tuple(
        said(word, 10.0 * number, speaker)
        for number, (word, speaker) in enumerate(
            [("one", "ann"), ("one", NASTY), (NASTY, "ann"), (NASTY, "bob"), ("one", "bob")]
        )
    )
    words = [heard("one", 0.0), heard("one", 10.0), heard(NASTY, 20.0), heard("one", 30.0)]
    words.append(Rejection("low confidence", "one", 0.4, 40.0, 40.5, 40.7))
    others = (said("cat", 5, "ann"), said("dog", 15, ""))
    groups = {
        "digits": made_group(f"digits {NASTY}", truth, words),
        "others": made_group("other words", others, [heard("one", 5.0)]),
        "talk": made_group("talk", (), [heard("one", 77.0)]),
    }
    for name in ("snr_clean", "snr_20", "snr_0"):
        groups[name] = made_group(f"in noise {name}", truth, words[:3])
        groups[name].pop("thresholds")
        groups[name]["content"] = "made over a street at 20 dB"
    clips = [
        Clip(Path(f"{one.label}.wav"), "made", one.label, one.speaker, "test", "") for one in truth
    ]
    scores = np.array([[0.6, 0.4]] * len(clips), np.float32)
    return {
        "model": f"/somewhere/{NASTY}.tflite".replace("</", "<"),
        "keywords": list(WORDS),
        "threshold": 0.6,
        "split": "test",
        "seed": 0,
        "limit": None,
        "through": "command line",
        "versions": {"numpy": "1"},
        "agree": True,
        "skipped": ["twice"],
        "groups": groups,
        "all": pool({name: groups[name] for name in ("digits", "others", "talk")}),
        "det": trade_off(groups),
        "snr": snr_curve(groups),
        "clips": clip_figures(clips, scores, [True] * 5, WORDS) | {"through": "the model file"},
        "notes": [f"A note on {NASTY}."],
    }
