"""The figures as one page that needs nothing else: tables, and curves drawn as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from infra.quality.row import Row, number
from infra.quality.standing import Chart, Standing

_WIDTH, _HEIGHT, _LEFT, _BELOW = 420, 260, 46, 34
_COLOURS = ("#0b6e4f", "#c8553d", "#2b59c3", "#8f7a00", "#7b2d8b", "#555555")
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1c2321; background: #fbfbf8; max-width: 1320px; margin: 2rem auto;
  padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .28rem .6rem; border-bottom: 1px solid #dcded7; vertical-align: top }
td.n, th.n { text-align: right } .met { color: #0b6e4f } .unmet { color: #b3261e; font-weight: 600 }
.best { font-weight: 700 } .charts { display: flex; flex-wrap: wrap; gap: 1rem }
figure { margin: 0; background: #fff; border: 1px solid #dcded7; padding: .6rem } figcaption { font-weight: 600 }
.key span { display: inline-block; margin-right: .9rem; font-size: 13px } svg text { font-size: 11px; fill: #4a524f }
"""
_COLUMNS = (
    ("accuracy", "accuracy", True),
    ("calibration_error", "calibration error", False),
    ("answered", "answered at precision 0.95", True),
    ("texts_per_second", "texts/s", True),
    ("megabytes", "MB", False),
)


def page(rows: Sequence[Row], standings: Sequence[Standing], charts: Sequence[Chart]) -> str:
    """The whole page as HTML."""
    return (
        "<!doctype html>\n<html lang=en><meta charset=utf-8><title>Millrace: quality</title>"
        f"<style>{_STYLE}</style>\n<h1>Millrace: quality</h1>\n"
        "<p>Everything is asked before it is learned; a goal is the least that is wanted, for errors the most.</p>\n"
        f"<h2>Leaderboard</h2>\n{_leaderboard(standings)}\n<h2>Curves</h2>\n<div class=charts>\n"
        + "\n".join(_figure(chart) for chart in charts)
        + f"\n</div>\n<h2>All figures</h2>\n{_figures(rows)}\n</html>\n"
    )


def _leaderboard(standings: Sequence[Standing]) -> str:
    head = "<th>task<th>contestant" + "".join(f"<th class=n>{escape(title)}" for _, title, _ in _COLUMNS)
    lines = []
    for one in standings:
        peers = [each for each in standings if each.task == one.task]
        cells = []
        for name, _, more_is_better in _COLUMNS:
            values = [getattr(each, name) for each in peers if not math.isnan(getattr(each, name))]
            value = getattr(one, name)
            best = bool(values) and value == (max(values) if more_is_better else min(values))
            cells.append(f"<td class='n{' best' if best else ''}'>{number(value)}")
        lines.append(f"<tr><td>{escape(one.task)}<td>{escape(one.contestant)}{''.join(cells)}")
    return f"<table><tr>{head}\n" + "\n".join(lines) + "\n</table>"


def _figures(rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        goal = "" if row.goal is None else number(row.goal)
        base = "" if row.baseline is None else number(row.baseline)
        lines.append(
            f"<tr><td>{escape(row.name)}<td class=n>{number(row.value)}<td>{escape(row.unit)}<td class=n>{goal}"
            f"<td class=n>{base}<td>{escape(row.baseline_name)}"
        )
    head = "<th>what<th class=n>value<th>unit<th class=n>goal<th class=n>baseline<th>baseline is"
    return f"<table><tr>{head}\n" + "\n".join(lines) + "\n</table>"


def _figure(chart: Chart) -> str:
    points = [point for _, line in chart.lines for point in line]
    if not points:
        return ""
    across = _axis(min(0.0, *(x for x, _ in points)), max(x for x, _ in points))
    highest = max(y for _, y in points)
    up = _axis(min(0.0, *(y for _, y in points)), max(1.0, highest))
    drawn = [_grid(across, up)]
    for place, (_, line) in enumerate(chart.lines):
        path = " ".join(f"{_x(x, across):.1f},{_y(y, up):.1f}" for x, y in line)
        drawn.append(f"<polyline fill=none stroke='{_colour(place)}' stroke-width=2 points='{path}'/>")
    drawn.append(f"<text x={_WIDTH - 8} y={_HEIGHT - 4} text-anchor=end>{escape(chart.across)}</text>")
    drawn.append(f"<text x=4 y=11>{escape(chart.up)}</text>")
    key = "".join(
        f"<span style='color:{_colour(place)}'>— {escape(name)}</span>" for place, (name, _) in enumerate(chart.lines)
    )
    return (
        f"<figure><figcaption>{escape(chart.title)}</figcaption><svg viewBox='0 0 {_WIDTH} {_HEIGHT}' "
        f"width={_WIDTH} height={_HEIGHT} role=img aria-label='{escape(chart.title, quote=True)}'>"
        f"{''.join(drawn)}</svg><div class=key>{key}</div></figure>"
    )


def _grid(across: tuple[float, float], up: tuple[float, float]) -> str:
    parts = []
    for step in range(5):
        y = up[0] + (up[1] - up[0]) * step / 4
        x = across[0] + (across[1] - across[0]) * step / 4
        parts.append(
            f"<line x1={_LEFT} x2={_WIDTH - 8} y1={_y(y, up):.1f} y2={_y(y, up):.1f} stroke='#e6e8e1'/>"
            f"<text x={_LEFT - 5} y={_y(y, up) + 4:.1f} text-anchor=end>{number(y)}</text>"
            f"<text x={_x(x, across):.1f} y={_HEIGHT - 18} text-anchor=middle>{number(x)}</text>"
        )
    return "".join(parts)


def _axis(low: float, high: float) -> tuple[float, float]:
    return (low, high) if high > low else (low, low + 1.0)


def _x(value: float, axis: tuple[float, float]) -> float:
    return _LEFT + (value - axis[0]) / (axis[1] - axis[0]) * (_WIDTH - _LEFT - 16)


def _y(value: float, axis: tuple[float, float]) -> float:
    return _HEIGHT - _BELOW - (value - axis[0]) / (axis[1] - axis[0]) * (_HEIGHT - _BELOW - 20)


def _colour(place: int) -> str:
    return _COLOURS[place % len(_COLOURS)]
