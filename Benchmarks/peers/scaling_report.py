"""What bounds the points of `scaling.py`, and their tables."""

from __future__ import annotations

from harness import Record
from ratios import markdown


def bound(point: Record, points: list[Record], peak: float | None) -> str:
    """`launch`, `arithmetic` or nothing: what holds a point back.

    Launch-bound: the empty launches of a step, or the whole step of the smallest batch with this width, take more than
    half of its time. Arithmetic-bound: GFLOP/s above half of the peak, the best GEMM measured on the device.
    """
    if peak and point["gflops"] > peak / 2:
        return "arithmetic"
    same = [one for one in points if one["hidden"] == point["hidden"]]
    smallest = min(same, key=lambda one: one["batch"])
    launches_ms = point["launches_per_step"] * (point.get("empty_launch_us") or 0.0) / 1000
    return "launch" if max(launches_ms, smallest["ms_per_step"]) > point["ms_per_step"] / 2 else ""


def peak_gflops(points: list[Record]) -> float | None:
    """The best GEMM peak that any point has measured, in GFLOP/s."""
    return max((one["peak_gemm_gflops"] for one in points if one.get("peak_gemm_gflops")), default=None)


def tables(document: Record) -> str:
    """Markdown: images/s and GFLOP/s, a row per batch and a column per width."""
    points = document["points"]
    peak = peak_gflops(points)
    widths = sorted({one["hidden"][0] for one in points})
    by_size = {(one["batch"], one["hidden"][0]): one for one in points}
    text = f"# Scaling on {document['device_name']}\n\n784-H-20-H-784, Bernoulli; `vae-gpu bench`, fp32. "
    text += "*l*: launch-bound, *a*: arithmetic-bound, -: not measured.\n"
    text += f"The best matrix product reaches {peak:,.0f} GFLOP/s.\n" if peak else ""
    for title, key in [("Images/s", "images_per_s"), ("GFLOP/s", "gflops")]:
        rows = []
        for batch in sorted({one["batch"] for one in points}):
            row = [f"{batch}"]
            for width in widths:
                point = by_size.get((batch, width))
                mark = {"launch": " *l*", "arithmetic": " *a*", "": ""}[bound(point, points, peak) if point else ""]
                row.append(f"{point[key]:,.0f}{mark}" if point else "-")
            rows.append(row)
        text += f"\n{title}\n\n{markdown(['batch', *(f'H = {width}' for width in widths)], rows, text=set())}\n"
    return text
