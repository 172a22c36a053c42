"""Which words are taken for which."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recognizer.model_metadata import SILENCE, UNKNOWN
from train.errors import DataError
from train.figures import style
from train.figures.heard import hear_held_out
from train.figures.material import Material
from train.figures.networks import Heard, keywords_of
from train.intervals import wilson

OTHER = "other words"
NOTHING = "no keyword"

MOST_NUMBERED = 16
"""Up to so many words each field has its number; more would not be readable."""


def confusion(
    heard: Heard, labels: Sequence[str]
) -> tuple[list[str], list[str], npt.NDArray[np.int64]]:
    """Count which word was taken for which, by the most probable label.

    Parameters
    ----------
    heard
        Posteriors of recordings whose words are known.
    labels
        What each posterior stands for.

    Returns
    -------
    tuple
        What was said (the keywords; `OTHER` last, where the recordings have other words), what
        was heard (the keywords; `NOTHING` last, where that happens), and the counts, int
        ``[said, heard]``. `NOTHING` is silence, an unknown word, or that no word was found.
    """
    keywords = list(keywords_of(labels))
    said_names, heard_names = [*keywords, OTHER], [*keywords, NOTHING]
    counts = np.zeros((len(said_names), len(heard_names)), np.int64)
    for clip, found, posteriors in zip(heard.clips, heard.found, heard.posteriors, strict=True):
        label = labels[int(posteriors.argmax())] if found else NOTHING
        row = keywords.index(clip.word) if clip.word in keywords else -1
        counts[row, keywords.index(label) if label in keywords else -1] += 1
    if not counts[-1].any():
        said_names, counts = keywords, counts[:-1]
    if not counts[:, -1].any() and not {SILENCE, UNKNOWN} & set(labels):
        heard_names, counts = keywords, counts[:, :-1]
    return said_names, heard_names, counts


def draw_confusion(material: Material) -> style.Drawing:
    """Draw the confusion matrix of the held-out part as a heat map."""
    network = material.network
    assert network is not None
    heard = hear_held_out(material)
    said, taken_for, counts = confusion(heard, network.labels)
    keywords = len(keywords_of(network.labels))
    right, total = int(np.trace(counts[:keywords, :keywords])), int(counts[:keywords].sum())
    if not total:
        raise DataError(
            f"The held-out part has no recording of the words of {network.name}; name recordings "
            "of them with --data."
        )
    low, high = wilson(right, total)
    size = min(0.46 * len(said) + 0.2, 16.0)
    figure = style.new_figure(
        max(5.8, size + 2.8),
        max(3.6, size + 1.7),
        f"What {style.shortened(network.name, 30)} hears",
        f"{right:,} of {total:,} held-out recordings right by the most probable label: "
        f"{100 * right / total:.1f} % [{100 * low:.1f}, {100 * high:.1f}].",
    )
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(
        100.0 * shares, cmap=style.SHARE_COLORS, vmin=0, vmax=100, origin="upper", aspect="equal"
    )
    small = len(said) > MOST_NUMBERED
    axes.set_xticks(range(len(taken_for)), [style.shortened(one, 14) for one in taken_for])
    axes.set_yticks(range(len(said)), [style.shortened(one, 14) for one in said])
    axes.tick_params(length=0, labelsize=6.0 if small else 8.0)
    axes.tick_params(axis="x", rotation=90 if small else 45)
    if not small:
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
        for row, column in zip(*np.nonzero(counts), strict=True):
            light = shares[row, column] > 0.55
            axes.text(
                column,
                row,
                f"{counts[row, column]}",
                ha="center",
                va="center",
                fontsize=8,
                color="white" if light else style.INK,
            )
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(len(taken_for) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(said) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.0)
    axes.tick_params(which="minor", length=0)
    axes.set(xlabel="heard", ylabel="said")
    figure.colorbar(
        image, ax=axes, label="share of what was said (%)", pad=0.02, aspect=30, shrink=0.8
    )
    return style.Drawing(figure)
