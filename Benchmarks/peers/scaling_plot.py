"""The plot of `scaling.py`: images/s and GFLOP/s against the batch, a line per hidden width."""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes

from harness import Record
from scaling_report import bound, peak_gflops

GREY = "#555555"
SHADE: dict[str, Any] = {"color": "#f0e0a8", "alpha": 0.5}


def colours(count: int) -> list[tuple[float, ...]]:
    """Dark to light along cividis, whose order everybody sees; the lightest end is left out."""
    return [matplotlib.colormaps["cividis"](0.85 * i / max(count - 1, 1)) for i in range(count)]


def spread(values: list[float], gap: float) -> list[float]:
    """Places for labels at least a factor `gap` apart, near `values`, in their order and around their middle."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    places = list(values)
    for below, above in zip(order, order[1:]):
        places[above] = max(places[above], places[below] * gap)
    # They were only pushed up; half of the mean push takes them back around the lines.
    shift = math.exp(statistics.fmean(math.log(place / value) for place, value in zip(places, values)))
    return [place / shift for place in places]


def label(axes: Axes, lines: list[tuple[list[Record], tuple[float, ...]]], key: str) -> None:
    """Names each line at the end of it where the lines lie further apart."""
    first, last = ([line[i][key] for line, _ in lines] for i in (0, -1))
    at_start = max(first) / min(first) > max(last) / min(last)
    low, high = axes.get_ylim()
    batches = [one["batch"] for line, _ in lines for one in line]
    axes.set_xlim(min(batches) / (3.4 if at_start else 1.3), max(batches) * (1.3 if at_start else 3.4))
    for (line, colour), place in zip(lines, spread(first if at_start else last, (high / low) ** 0.045)):
        x, lean = (line[0]["batch"] / 1.3, "right") if at_start else (line[-1]["batch"] * 1.3, "left")
        axes.text(x, place, f"H = {line[0]['hidden'][0]}", color=colour, va="center", ha=lean, fontsize=9)


def panel(axes: Axes, points: list[Record], key: str, peak: float | None) -> None:
    """Lines with a marker that says what bounds a point: hollow launches, square arithmetic, small neither."""
    widths = sorted({one["hidden"][0] for one in points})
    lines = []
    for width, colour in zip(widths, colours(len(widths))):
        line = sorted((one for one in points if one["hidden"][0] == width), key=lambda one: one["batch"])
        axes.plot([one["batch"] for one in line], [one[key] for one in line], color=colour, linewidth=1.4, zorder=2)
        for one in line:
            kind = bound(one, points, peak)
            style = {"launch": ("o", 6, "white"), "arithmetic": ("s", 6, colour), "": ("o", 2.5, colour)}[kind]
            axes.plot(
                one["batch"], one[key], marker=style[0], markersize=style[1], markerfacecolor=style[2],
                markeredgecolor=colour, zorder=3,
            )  # fmt: skip
        lines.append((line, colour))
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    batches = sorted({one["batch"] for one in points})
    axes.set_xticks(batches, [str(batch) for batch in batches])
    axes.set_xlabel("batch size, images")
    label(axes, lines, key)
    axes.spines[["top", "right"]].set_visible(False)


def region(axes: Axes, points: list[Record], key: str, style: dict[str, Any]) -> None:
    """Shades where `points` lie, as far as they go."""
    batches = sorted({one["batch"] for one in points})
    if not batches:
        return
    ranges = [[one[key] for one in points if one["batch"] == batch] for batch in batches]
    edges, ranges = [batches[0] / 1.15, *batches, batches[-1] * 1.15], [ranges[0], *ranges, ranges[-1]]
    low, high = [min(values) / 1.25 for values in ranges], [max(values) * 1.25 for values in ranges]
    axes.fill_between(edges, low, high, linewidth=0, zorder=0, **style)


def plot(document: Record, path: Path) -> None:
    """Writes the PNG."""
    points = document["points"]
    peak = peak_gflops(points)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 5.2), layout="constrained")
    for axes, key, title in [(left, "images_per_s", "images/s"), (right, "gflops", "GFLOP/s")]:
        panel(axes, points, key, peak)
        held = [one for one in points if bound(one, points, peak) == "launch"]
        region(axes, held, key, {"facecolor": "none", "edgecolor": "#bbbbbb", "hatch": "////"})
        if key == "images_per_s":
            region(axes, [one for one in points if bound(one, points, peak) == "arithmetic"], key, SHADE)
        axes.set_title(title, loc="left")
    if peak:
        right.axhspan(peak / 2, peak, linewidth=0, zorder=0, **SHADE)
        right.axhline(peak, color=GREY, linewidth=0.8, linestyle="--", zorder=0)
        right.text(right.get_xlim()[0] * 1.05, peak * 1.05, "best GEMM measured", color=GREY, va="bottom", fontsize=9)
    figure.suptitle(f"784-H-20-H-784, Bernoulli, training steps on {document['device_name']}", fontsize=11)
    legend = "○ hatched: launch-bound, the fixed costs of a step take more than half of it"
    legend += "      ■ shaded: arithmetic-bound, above half of the best GEMM" if peak else ""
    figure.supxlabel(legend, fontsize=9, color=GREY)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
