#!/usr/bin/env python3
"""Draws the figures of the benchmark: time and memory of a first import against the size of the shop.

    cargo run --release --example bench -- sizes 1000 3000 10000 30000 100000 | tee sizes.txt
    docs/plot.py sizes.txt

Needs Python 3.9, nothing else. Writes bench.svg beside itself.
"""
import math, re, sys
from pathlib import Path

OUT = Path(__file__).resolve().parent / "bench.svg"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 430, 300, 66, 34, 54, 50
BACK, EDGE, PLAIN, QUIET = "#0f1720", "#263445", "#d7e0ea", "#7f8ea0"
SERIES = {"first import": ("by lists", "#79c0ff"), "first import, by snapshot": ("by snapshot", "#7ee787"),
          "no change": ("a run without changes", "#f2cc60")}
PANELS = (("time", "seconds", 0), ("peak memory", "MB", 1))


def read(text):
    """{name of the row: [(orders, (seconds, MB)), …]}"""
    rows, orders = {}, None
    for line in text.splitlines():
        size = re.match(r"([\d\s]+) orders,", line)
        row = re.match(r"  (\S.*?)\s+([\d.]+) s\s+[\d.]+ s\s+([\d.]+) MB", line)
        if size:
            orders = int(re.sub(r"\s", "", size[1]))
        elif row and row[1] in SERIES:
            rows.setdefault(row[1], []).append((orders, (float(row[2]), float(row[3]))))
    return rows


def nice(top):
    """A round step for about five lines up to the top."""
    step = 10 ** math.floor(math.log10(max(top, 0.1) / 4))
    return next(step * times for times in (1, 2, 5, 10) if step * times * 5 >= top)


def text(x, y, words, anchor="middle", colour=QUIET, size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{words}</text>'


def panel(rows, title, unit, which, left):
    points = [point for series in rows.values() for point in series]
    most = max(values[which] for _, values in points)
    step = nice(most)
    top = step * math.ceil(most * 1.05 / step)
    low, high = (math.log10(bound(size for size, _ in points)) for bound in (min, max))
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    x = lambda size: left + LEFT + (math.log10(size) - low) / (high - low or 1) * across
    y = lambda value: TOP + down * (1 - value / top)
    out = [text(left + LEFT, 30, f"{title}, {unit}", "start", PLAIN, 14)]
    for i in range(round(top / step) + 1):
        out.append(f'<path d="M{left + LEFT} {y(i * step):.1f}h{across}" stroke="{EDGE}"/>')
        out.append(text(left + LEFT - 8, y(i * step) + 4, f"{i * step:g}", "end"))
    for size in sorted({size for size, _ in points}):
        out.append(text(x(size), HEIGHT - BOTTOM + 20, f"{size:,}".replace(",", " ")))
    out.append(text(left + LEFT + across / 2, HEIGHT - 12, "orders"))
    for name, series in rows.items():
        colour = SERIES[name][1]
        spots = [(x(size), y(values[which])) for size, values in series]
        line = "L".join(f"{a:.1f} {b:.1f}" for a, b in spots)
        out.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in spots]
    return out


def main():
    rows = read(Path(sys.argv[1]).read_text() if len(sys.argv) > 1 else sys.stdin.read())
    if not rows:
        sys.exit("no figures of the benchmark in what was given")
    out = [part for n, (title, unit, which) in enumerate(PANELS)
           for part in panel(rows, title, unit, which, n * WIDTH)]
    for n, name in enumerate(rows):
        word, colour = SERIES[name]
        out.append(f'<circle cx="{LEFT + 4 + n * 170}" cy="{HEIGHT + 10}" r="4" fill="{colour}"/>')
        out.append(text(LEFT + 14 + n * 170, HEIGHT + 14, word, "start", PLAIN))
    size = f"{2 * WIDTH} {HEIGHT + 30}"
    OUT.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{2 * WIDTH}" '
                   f'font-family="system-ui, \'DejaVu Sans\', sans-serif" role="img" '
                   f'aria-label="Time and memory of an import against the size of the shop">'
                   f'<rect width="100%" height="100%" rx="10" fill="{BACK}"/>{"".join(out)}</svg>\n')


main()
