#!/usr/bin/env python3
"""Renews the pictures of the README from real runs, on a terminal of their own.

    cargo build --release --bins --examples && docs/pictures.py

Needs Python 3.9 on Linux or macOS, nothing else. One step of the demo is one picture; another one is
the wizard, answered by this script. Names of pictures as arguments renew only those; PROFILE=debug
takes the programs of a debug build.
"""
import fcntl, html, os, pty, re, select, struct, subprocess, sys, tempfile, termios, time, unicodedata
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target"))
BUILT = TARGET / os.environ.get("PROFILE", "release")
DEMO, SANDBOX, PROGRAM = BUILT / "examples/demo", BUILT / "examples/sandbox", BUILT / "caflou-sync"
WIZARD = "connect.svg"
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


class Screen:
    """What stands on a terminal: as much of one as the wizard's questions need."""

    def __init__(self):
        self.rows, self.row, self.column, self.style = [[]], 0, 0, ""

    def feed(self, text):
        for part in re.split(r"(\x1b\[[?0-9;]*[A-Za-z]|[\r\n])", text):
            code = re.fullmatch(r"\x1b\[([?0-9;]*)([A-Za-z])", part)
            if code:
                self.control(code[1], code[2])
            elif part == "\r":
                self.column = 0
            elif part == "\n":
                self.move(self.row + 1)
            else:
                for letter in part:
                    line = self.rows[self.row]
                    line += [("", " ")] * (self.column + 1 - len(line))
                    line[self.column] = (self.style, letter)
                    self.column += 1

    def move(self, row):
        self.row = max(row, 0)
        self.rows += [[] for _ in range(self.row + 1 - len(self.rows))]

    def control(self, number, letter):
        count = int(number) if number.isdigit() else 1
        if letter == "A":
            self.move(self.row - count)
        elif letter == "B":
            self.move(self.row + count)
        elif letter == "C":
            self.column += count
        elif letter == "D":
            self.column = max(self.column - count, 0)
        elif letter == "G":
            self.column = count - 1
        elif letter == "K":
            del self.rows[self.row][0 if number == "2" else self.column:]
        elif letter == "J":
            del self.rows[self.row][self.column:], self.rows[self.row + 1:]
        elif letter == "m":
            # A colour of the palette of 256 stands for one of the first sixteen.
            number = re.sub(r"[34]8;5;(\d+)", lambda m: str(30 + int(m[1]) % 8), number)
            number = "0" if number == "39" else number
            self.style = "" if number in ("", "0") else self.style + f"\x1b[{number}m"

    def lines(self):
        out = []
        for row in self.rows:
            text, before = "", ""
            for style, letter in row:
                text += letter if style == before else "\x1b[0m" + style + letter
                before = style
            out.append(text.rstrip())
        return out


def wizard():
    """The lines of a talk with the wizard, wrong answers included."""
    home = tempfile.TemporaryDirectory()
    config = Path(home.name) / "sandbox.toml"
    sandbox = subprocess.Popen([SANDBOX, "--config-out", config], stdout=subprocess.PIPE, text=True)
    try:
        addresses = [sandbox.stdout.readline().split()[-1] for _ in range(2)]
        while not config.exists():
            time.sleep(0.01)
        secret = dict(re.findall(r'^(\w*token) = "(.*)"', config.read_text(), re.M))
        shop, caflou = secret["private_token"], secret["token"]
        answers = [
            ("Name of the connection", "Můj e-shop\r"), ("From which program", "\r"),
            ("E-shop ID", "\r"), ("How do we get into the e-shop", "\r"),
            ("Private API token", shop[:-4] + "\r"), ("What now?", "\r"),
            ("Private API token", shop + "\r"), ("How do we get into Caflou?", "\r"),
            ("API token", caflou + "\r"), ("Registered customers", "\r"), ("Orders as", "\r"),
            ("Only orders", "2026-01-01\r"), ("And up to", "\r"), ("Orders in", "\r"), ("Repeat", "y\r"),
        ]
        main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 90, COLUMNS, 0, 0))
        environment = {"TERM": "xterm-256color", "HOME": home.name, "LANG": "C.UTF-8"}
        arguments = ["--shoptet-api-url", addresses[0], "--caflou-api-url", addresses[1]]
        program = subprocess.Popen([PROGRAM, "connect", *arguments], stdin=side, stdout=side,
                                   stderr=side, env=environment, cwd=home.name, start_new_session=True)
        os.close(side)
        screen, rest, asked = Screen(), b"", 0
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:  # the other end is closed
                break
            text = rest + piece
            # A letter or an escape sequence may be cut in two.
            whole = re.match(rb"(?s).*(?=\x1b[^A-Za-z]*$)|.*", text)[0].decode(errors="ignore").encode()
            screen.feed(whole.decode())
            rest = text[len(whole):]
            plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(screen.lines()))
            questions = re.findall(r"^\? .*", plain, re.M)
            if len(questions) > asked and answers and questions[-1].startswith("? " + answers[0][0]):
                if not select.select([main], [], [], 0.2)[0]:
                    os.write(main, answers.pop(0)[1].encode())
                    asked = len(questions)
        if program.wait() != 0 or answers:
            sys.exit("the wizard did not come to its end:\n" + "\n".join(screen.lines()))
    finally:
        sandbox.terminate()
        sandbox.wait()
    home_name = lambda line: line.replace(home.name, "/home/you")
    return ["\x1b[1m$ caflou-sync connect\x1b[0m", *map(home_name, screen.lines())]


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
    names = sys.argv[1:] or [*PICTURES, WIZARD]
    recorded = record() if set(names) & set(PICTURES) else ""
    for name in names:
        lines = wizard() if name == WIZARD else step(recorded, PICTURES[name])
        title = re.sub(r"\x1b\[[0-9;]*m", "", lines[0]).lstrip("$ ")
        (HERE / name).write_text(svg(lines, title), encoding="utf-8")
        print(f"docs/{name}: {len(lines)} lines")
