"""A page of HTML that needs nothing but itself: no script, no other file, light and dark."""

from collections.abc import Sequence
from html import escape

from train.evaluation.report_tables import Table

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1e25; --faint: #5b6270; --pale: #dfe3ea; --card: #f4f6f9;
  --accent: #1f6fbf; --on-accent: #ffffff; --good: #1b7a43; --bad: #b3361b;
  --series-0: #1f6fbf; --series-1: #c25100; --series-2: #2c8a57; --series-3: #832db6;
  --series-4: #a3234b; --series-5: #8a6d00; --series-6: #5b6270;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --ink: #e7eaf0; --faint: #a2aab8; --pale: #333a46; --card: #1d222a;
    --accent: #5aa9f5; --on-accent: #0b0d10; --good: #62cf92; --bad: #ff8f75;
    --series-0: #5aa9f5; --series-1: #ffa04d; --series-2: #62cf92; --series-3: #c792ef;
    --series-4: #ff86a8; --series-5: #e0c04a; --series-6: #a2aab8;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 62rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .5rem; padding-top: .8rem;
  border-top: 1px solid var(--pale); }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p, li { max-width: 46rem; }
.faint, figcaption, .note { color: var(--faint); }
figcaption, .note { font-size: .9rem; max-width: 46rem; }
.warning { border-left: 4px solid var(--bad); padding: .2rem .8rem; }
.tiles { display: grid; gap: .8rem; margin: 1.2rem 0;
  grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
.tile { background: var(--card); border-radius: .5rem; padding: .8rem 1rem; }
.tile b { display: block; font-size: 1.6rem; line-height: 1.3; }
.tile span { display: block; }
.tile .faint { font-size: .85rem; }
figure { margin: 1rem 0; }
svg { display: block; width: 100%; height: auto; }
svg text { font-family: inherit; fill: var(--ink); }
svg * { stroke-linejoin: round; stroke-linecap: butt; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; margin: .6rem 0; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { padding: .25rem .7rem .25rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--pale); }
th { font-weight: 600; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.path { overflow-wrap: anywhere; }
details { margin: .6rem 0; }
summary { cursor: pointer; }
dt { font-weight: 600; }
dd { margin: 0 0 .5rem; max-width: 46rem; }
@media print { body { max-width: none; } details { display: block; } }
"""


def page(title: str, body: Sequence[str]) -> str:
    """Return a whole page.

    Parameters
    ----------
    title
        Plain text.
    body
        Pieces of HTML.

    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of plain text."""
    return f"<p{_class(kind)}>{escape(text)}</p>"


def tiles(values: Sequence[tuple[str, str, str]]) -> str:
    """Return a few figures that catch the eye: each a number, what it is, and how sure."""
    shown = (
        f'<div class="tile"><b>{escape(number)}</b><span>{escape(what)}</span>'
        f'<span class="faint">{escape(sure)}</span></div>'
        for number, what, sure in values
    )
    return f'<div class="tiles">{"".join(shown)}</div>'


def figure(svg: str, name: str, caption: str) -> str:
    """Return a picture with what it shows and how to read it.

    Parameters
    ----------
    svg
        The element.
    name
        What it shows, for those who do not see it.
    caption
        How to read it.

    """
    labelled = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(name)}" ', 1)
    return f"<figure>\n{labelled}\n<figcaption>{escape(caption)}</figcaption>\n</figure>"


def table(shown: Table, *, kinds: Sequence[str] = ()) -> str:
    """Return a table.

    Parameters
    ----------
    shown
        The table.
    kinds
        The CSS class of each column; by default numbers stand on the right.

    """
    kinds = kinds or [
        "" if index == 0 or column in shown.words else "number"
        for index, column in enumerate(shown.columns)
    ]
    head = "".join(
        f'<th scope="col"{_class(kind)}>{escape(column)}</th>'
        for column, kind in zip(shown.columns, kinds, strict=True)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(
            f"<td{_class(kind)}>{escape(_unbroken(cell, kind))}</td>"
            for cell, kind in zip(row, kinds, strict=True)
        )
        + "</tr>"
        for row in shown.rows
    )
    caption = f"<caption>{escape(shown.title)}</caption>" if shown.title else ""
    note = paragraph(shown.note, "note") if shown.note else ""
    return (
        f'<div class="scroll"><table>{caption}\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>{note}"
    )


def folded(summary: str, inside: str) -> str:
    """Return something that a click unfolds."""
    return f"<details><summary>{escape(summary)}</summary>\n{inside}\n</details>"


def _unbroken(cell: str, kind: str) -> str:
    """Keep numbers with their units on one line: the break is before the interval."""
    if kind != "number":
        return cell
    return cell.replace(" ", "\N{NO-BREAK SPACE}").replace("\N{NO-BREAK SPACE}[", " [")


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
