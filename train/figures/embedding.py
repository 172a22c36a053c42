"""What a network makes of recordings before its last layer, as clouds of points that turn."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from train.evaluation.class_scores import in_order
from train.figures import style
from train.figures.heard import hear_some
from train.figures.material import Material
from train.figures.networks import keywords_of
from train.figures.projections import METHODS, Projection
from train.figures.recordings import speaker_of

MOST_WORDS = 20
"""Words with a colour of their own; the rest are pale."""
MOST_SPEAKERS = 10
"""The same of speakers."""
REST = "others"
START = -60.0
"""The angle of the still picture (degrees)."""


def groups_of(names: Sequence[str], most: int) -> list[str]:
    """Return the most frequent names in order, `REST` last where there are more."""
    counts = Counter(name for name in names if name != REST)
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    kept = in_order(ranked[:most])
    return kept if set(names) == set(kept) else [*kept, REST]


def draw_embedding(material: Material, method: str) -> style.Drawing:
    """Draw the embeddings of recordings in three dimensions, by word and by speaker.

    Parameters
    ----------
    method
        One of `train.figures.projections.METHODS`.
    """
    network = material.network
    assert network is not None
    heard = hear_some(material)
    projection = METHODS[method](heard.embeddings, material.seed)
    parts = {clip.path for clip in material.held_out}
    held_out = np.array([clip.path in parts for clip in heard.clips])
    ringed = bool(held_out.any() and not held_out.all())
    figure = style.new_figure(
        11,
        6.1,
        f"What {style.shortened(network.name, 30)} makes of words: {method}",
        f"The {heard.embeddings.shape[1]} features before the last layer, of {len(heard.clips):,} "
        f"recordings{'; ringed: held out for testing' if ringed else ''}.",
    )
    figure.set_layout_engine("none")
    keywords = keywords_of(network.labels)
    words = [clip.word for clip in heard.clips]
    # Words that the network does not know are the surroundings of those it does, where there are.
    if set(words) & set(keywords):
        words = [word if word in keywords else REST for word in words]
    speakers = [speaker_of(clip) for clip in heard.clips]
    if len({clip.corpus for clip in heard.clips}) > 1:
        # Another corpus's "01" is somebody else.
        speakers = [f"{n} ({c.corpus})" for n, c in zip(speakers, heard.clips, strict=True)]
    panels: list[Any] = []
    for left, title, names, most in (
        (0.0, "by word", words, MOST_WORDS),
        (0.5, "by speaker", speakers, MOST_SPEAKERS),
    ):
        axes = figure.add_axes((left + 0.01, 0.15, 0.48, 0.72), projection="3d")
        groups = groups_of(names, most)
        _scatter(axes, projection, names, groups, held_out & ringed)
        figure.text(left + 0.25, 0.865, title, ha="center", fontsize=10.5, weight="bold")
        figure.legend(
            *axes.get_legend_handles_labels(),
            loc="upper center",
            bbox_to_anchor=(left + 0.25, 0.15),
            ncols=min(5, len(groups)),
            handletextpad=0.2,
            columnspacing=1.0,
            fontsize=8 if len(groups) <= 10 else 7,
        )
        panels.append(axes)

    def turn(angle: float) -> None:
        for axes in panels:
            axes.view_init(elev=18.0, azim=START + angle)

    turn(0.0)
    return style.Drawing(figure, turn)


def _scatter(
    axes: Any,
    projection: Projection,
    names: Sequence[str],
    groups: Sequence[str],
    ringed: npt.NDArray[np.bool_],
) -> None:
    """Draw each group's points with their own colour and shape."""
    points = projection.points
    known = [group for group in groups if group != REST]
    look = style.looks(known)
    look[REST] = {"color": style.PALE, "marker": "."}
    of = np.array([name if name in look else REST for name in names])
    size = float(np.clip(9000.0 / len(names), 9.0, 40.0))
    for group in groups:
        for ring in (False, True):
            chosen = (of == group) & (ringed == ring)
            if not chosen.any():
                continue
            axes.scatter(
                *points[chosen].T,
                s=size,
                color=look[group]["color"],
                marker=look[group]["marker"],
                edgecolors=style.INK if ring and group != REST else "none",
                linewidths=0.5,
                # Points paler with distance would be other colours in a GIF's few.
                depthshade=False,
            )
        axes.scatter([], [], [], label=style.shortened(group), s=28, linewidths=0, **look[group])
    axes.set(xlabel=projection.axes[0], ylabel=projection.axes[1], zlabel=projection.axes[2])
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_ticklabels([])
        axis.labelpad = -10
        axis.pane.set_facecolor("white")
        axis.pane.set_edgecolor(style.PALE)
    axes.set_box_aspect((1, 1, 1), zoom=1.1)
