#!/usr/bin/env python3
"""Renews the pictures of the README from a real run of the demo, on a terminal of its own.

    cargo build --release --example demo && docs/pictures.py

Needs Python 3.9 on Linux or macOS, nothing else. One step of the demo is one picture.
"""
import fcntl, html, os, pty, re, struct, subprocess, sys, termios, unicodedata
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEMO = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target")) / "release/examples/demo"
COLUMNS, CELL, LINE, SIZE, MARGIN, BAR = 112, 8.4, 20, 14, 22, 36
PICTURES = {"dry-run.svg": 1, "changes.svg": 3}  # number of the step
BACK, EDGE, PLAIN, QUIET = "#0f1720", "#263445", "#d7e0ea", "#7f8ea0"
COLOURS = {31: "#ff7b72", 32: "#7ee787", 33: "#f2cc60", 34: "#79c0ff", 36: "#76e3ea"}
FONT = "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def record():
    """What the demo writes to a terminal."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    demo = subprocess.Popen([DEMO], stdin=subprocess.DEVNULL, stdout=side,
                            stderr=subprocess.PIPE, env=environment)
    os.close(side)
    text = b""
    while True:
        try:
            piece = os.read(main, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        text += piece
    if demo.wait() != 0:
        sys.exit(f"the demo failed: {demo.stderr.read().decode()}")
    return text.decode().replace("\r\n", "\n")


def step(text, number):
    """The lines of a step, from the command on."""
    bare = r"(?:\x1b\[[0-9;]*m)*"
    found = re.search(rf"^{bare}{number}\. .*\n((?:.|\n)*?)(?=^{bare}(?:\d\. |That is all))",
                      text, re.M)
    return found.group(1).strip("\n").split("\n")


def pieces(line):
    """(style, text) of a line with escape sequences; a style is (colour, bold, dim)."""
    colour, bold, dim = None, False, False
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        codes = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if not codes:
            if part:
                yield (colour, bold, dim), part
            continue
        for code in map(int, (codes[1] or "0").split(";")):
            if code == 0:
                colour, bold, dim = None, False, False
            bold, dim = bold or code == 1, dim or code == 2
            colour = COLOURS.get(code, colour)


def columns(text):
    wide = lambda c: 0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return sum(map(wide, text))


def svg(lines, title):
    width = round(MARGIN * 2 + COLUMNS * CELL)
    height = BAR + LINE * len(lines) + MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{html.escape(title)}">',
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="10" fill="{BACK}" stroke="{EDGE}"/>',
    ]
    for place, dot in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        out.append(f'<circle cx="{MARGIN + 2 + place * 18}" cy="19" r="5.5" fill="{dot}"/>')
    out.append(f'<g font-family="{FONT}" font-size="{SIZE}" fill="{PLAIN}" xml:space="preserve">')
    for row, line in enumerate(lines):
        column, y = 0, BAR + LINE * row + 15
        for (colour, bold, dim), text in pieces(line):
            lead = len(text) - len(text.lstrip(" "))
            shown = text.strip(" ")
            if shown:
                x = MARGIN + (column + lead) * CELL
                look = f' fill="{colour or QUIET}"' if colour or dim else ""
                look += ' font-weight="700"' if bold else ""
                # Fixed lengths: columns stay straight in any font.
                length = columns(shown) * CELL
                out.append(f'<text x="{x:.1f}" y="{y}" textLength="{length:.1f}"{look}>{html.escape(shown)}</text>')
            column += columns(text)
    return "\n".join([*out, "</g>", "</svg>", ""])


if __name__ == "__main__":
    recorded = record()
    for name, number in PICTURES.items():
        lines = step(recorded, number)
        title = re.sub(r"\x1b\[[0-9;]*m", "", lines[0]).lstrip("$ ")
        (HERE / name).write_text(svg(lines, title), encoding="utf-8")
        print(f"docs/{name}: {len(lines)} lines")
