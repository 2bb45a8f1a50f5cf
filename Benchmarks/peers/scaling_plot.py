"""The plot of `scaling.py`: images/s and GFLOP/s against the batch, a line per hidden width."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes

from harness import Record
from scaling import bound, peak_gflops

GREY = "#555555"


def colours(count: int) -> list[tuple[float, ...]]:
    """Dark to light along cividis, whose order everybody sees; the lightest end is left out."""
    return [matplotlib.colormaps["cividis"](0.85 * i / max(count - 1, 1)) for i in range(count)]


def spread(values: list[float], gap: float) -> list[float]:
    """Places for labels at least a factor `gap` apart, near `values`, in their order."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    places = list(values)
    for below, above in zip(order, order[1:]):
        places[above] = max(places[above], places[below] * gap)
    return places


def panel(axes: Axes, points: list[Record], key: str, peak: float | None) -> None:
    """Lines with a marker that says what bounds a point: hollow launches, square arithmetic, small neither."""
    widths = sorted({one["hidden"][0] for one in points})
    ends = []
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
        ends.append((line[-1]["batch"], line[-1][key], width, colour))
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    batches = sorted({one["batch"] for one in points})
    axes.set_xticks(batches, [str(batch) for batch in batches])
    axes.set_xlim(batches[0] / 1.25, batches[-1] * 3.2)
    axes.set_xlabel("batch size, images")
    low, high = axes.get_ylim()
    for (batch, _, width, colour), place in zip(ends, spread([end[1] for end in ends], (high / low) ** 0.045)):
        axes.text(batch * 1.25, place, f"H = {width}", color=colour, va="center", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def regions(axes: Axes, points: list[Record], key: str, peak: float | None) -> None:
    """Shades where points are bound by launches and by arithmetic, as far as the points go."""
    for kind, hatch, colour in [("launch", "////", "#bbbbbb"), ("arithmetic", "", "#f0e0a8")]:
        held = [one for one in points if bound(one, points, peak) == kind]
        batches = sorted({one["batch"] for one in held})
        if not batches:
            continue
        edges = [batches[0] / 1.25, *batches, batches[-1] * 1.12]
        ranges = [[one[key] for one in held if one["batch"] == batch] for batch in batches]
        ranges = [ranges[0], *ranges, ranges[-1]]
        low, high = [min(values) / 1.25 for values in ranges], [max(values) * 1.25 for values in ranges]
        if hatch:
            axes.fill_between(edges, low, high, facecolor="none", edgecolor=colour, hatch=hatch, linewidth=0, zorder=0)
        else:
            axes.fill_between(edges, low, high, color=colour, alpha=0.5, linewidth=0, zorder=1)


def plot(document: Record, path: Path) -> None:
    """Writes the PNG."""
    points = document["points"]
    peak = peak_gflops(points)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 5.2), layout="constrained")
    for axes, key, title in [(left, "images_per_s", "images/s"), (right, "gflops", "GFLOP/s")]:
        panel(axes, points, key, peak)
        regions(axes, points, key, peak)
        axes.set_title(title, loc="left")
    if peak:
        right.axhline(peak, color=GREY, linewidth=0.8, linestyle="--", zorder=0)
        start = right.get_xlim()[0] * 1.05
        right.text(start, peak * 1.03, "best GEMM measured", color=GREY, va="bottom", fontsize=9)
    figure.suptitle(f"784-H-20-H-784, Bernoulli, training steps on {document['device_name']}", fontsize=11)
    legend = "○ hatched: launch-bound, the fixed costs of a step take more than half of it"
    legend += "      ■ shaded: arithmetic-bound, above half of the best GEMM" if peak else ""
    figure.supxlabel(legend, fontsize=9, color=GREY)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
