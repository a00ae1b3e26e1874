#!/usr/bin/env python3
"""Draws the timelines of docs/evidence.md, one SVG for each kind of evidence.

Run it from anywhere, without arguments:

    python3 docs/pictures/timelines.py

It needs nothing but Python 3.10 or later, and writes evidence-KIND.svg beside itself. The same
script gives the same bytes: commit both. The figures are those of cases in
Tests/CorpusTests/Cases, named at each picture, so that a picture shows what the program really
says of that case.
"""

from pathlib import Path
from xml.sax.saxutils import escape

WIDTH = 640
LEFT, RIGHT = 148, 536  # where time is drawn
VERDICT = 552
TOP = 44  # of the first row
ROW = 54
SHADES = {
    # what: (on a light page, on a dark page)
    "ink": ("#1f2328", "#f0f6fc"),
    "faint": ("#59636e", "#9198a1"),
    "grid": ("#d1d9e0", "#3d444d"),
    "page": ("#ffffff", "#0d1117"),
    "live": ("#1a7f37", "#3fb950"),
    "suspect": ("#9a6700", "#d29922"),
    "orphan": ("#cf222e", "#ff7b72"),
    "roster": ("#0969da", "#58a6ff"),
    "decides": ("#8250df", "#bc8cff"),
}


def minutes(clock):
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def clock(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


def number(value):
    return f"{value:.1f}".rstrip("0").rstrip(".")


def width(text, size):
    """About as wide as a sans-serif font draws it, rather too much."""
    narrow = sum(text.count(letter) for letter in "iljtfI.,:;'| ")
    return (len(text) * 0.6 - narrow * 0.27) * size


class Picture:
    def __init__(self, kind, title, description, begins, ends, tick, rows, decides, spans=()):
        self.kind, self.title, self.description = kind, title, description
        self.begins, self.ends, self.tick = minutes(begins), minutes(ends), tick
        self.rows, self.decides, self.spans = rows, decides, spans
        self.parts = []

    # Places

    def x(self, minute):
        share = (minute - self.begins) / (self.ends - self.begins)
        return LEFT + share * (RIGHT - LEFT)

    def y(self, row):
        return TOP + row * ROW + ROW / 2

    @property
    def bottom(self):
        return TOP + len(self.rows) * ROW

    # Parts

    def add(self, part):
        self.parts.append(part)

    def line(self, x1, y1, x2, y2, style):
        self.add(
            f'<line class="{style}" x1="{number(x1)}" y1="{number(y1)}" '
            f'x2="{number(x2)}" y2="{number(y2)}"/>'
        )

    def text(self, x, y, text, style, anchor="start"):
        at = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.add(f'<text class="{style}" x="{number(x)}" y="{number(y)}"{at}>{escape(text)}</text>')

    def beside_the_line(self, x, begin, y, text, style, size):
        """From begin on, but on that side of the deciding line where x is, and before now."""
        end = begin + width(text, size)
        line = self.x(minutes(self.decides[0]))
        if begin - 5 < line < end + 5 and line < RIGHT:
            if x < line - 3:
                self.text(line - 6, y, text, style, "end")
            else:
                self.text(line + 6, y, text, style)
        elif end > RIGHT - 6:
            self.text(RIGHT - 6, y, text, style, "end")
        else:
            self.text(max(begin, LEFT), y, text, style)

    def centred(self, x, y, text, style, size, low=LEFT, high=RIGHT):
        """Centred on x, but never beyond the bounds."""
        half = width(text, size) / 2
        if x - half < low:
            self.text(low, y, text, style)
        elif x + half > high:
            self.text(high, y, text, style, "end")
        else:
            self.text(x, y, text, style, "middle")

    def shape(self, x, y, verdict):
        """A circle, triangle or square, for whoever can't tell the colours."""
        if verdict == "live":
            self.add(f'<circle class="{verdict}" cx="{number(x)}" cy="{number(y)}" r="5"/>')
        elif verdict == "suspect":
            self.add(
                f'<path class="{verdict}" d="M{number(x)} {number(y - 6)}l6 11h-12z"/>'
            )
        elif verdict == "orphan":
            self.add(
                f'<rect class="{verdict}" x="{number(x - 5)}" y="{number(y - 5)}" '
                'width="10" height="10"/>'
            )
        else:
            self.add(
                f'<rect class="hollow" x="{number(x - 5)}" y="{number(y - 5)}" '
                'width="10" height="10" rx="2"/>'
            )

    def axis(self):
        first = -(-self.begins // self.tick) * self.tick
        for minute in range(first, self.ends, self.tick):
            self.line(self.x(minute), TOP - 4, self.x(minute), self.bottom + 4, "grid")
            self.text(self.x(minute), self.bottom + 18, clock(minute), "small faint", "middle")
        self.line(LEFT, self.bottom + 4, RIGHT, self.bottom + 4, "grid")
        self.line(RIGHT, TOP - 4, RIGHT, self.bottom + 4, "now")
        self.text(RIGHT, self.bottom + 18, f"now, {clock(self.ends)}", "small strong", "middle")

    def row(self, place, row):
        y = self.y(place)
        verdict = row["verdict"]
        self.text(8, y - 1, row["who"], "label strong")
        self.text(8, y + 14, row["what"], "small faint")
        start, end = minutes(row["from"]), self.ends
        if row.get("heard"):
            end = minutes(row["heard"])
        left, right = max(self.x(start), LEFT), self.x(end)
        if verdict == "alive":
            # Open towards now: the roster says no more than that it lives.
            self.add(
                f'<rect class="hollow" x="{number(left)}" y="{number(y - 6)}" '
                f'width="{number(RIGHT - left)}" height="12" rx="3"/>'
            )
            self.beside_the_line(left, left, y - 12, f"began {row['from']}", "small faint", 11)
        else:
            self.add(
                f'<rect class="{verdict}" x="{number(left)}" y="{number(y - 6)}" '
                f'width="{number(max(right - left, 3))}" height="12" rx="3"/>'
            )
            if RIGHT - right > 14:
                self.line(right + 7, y, RIGHT - 8, y, f"silent {verdict}-line")
                self.add(
                    f'<path class="{verdict}" d="M{number(RIGHT - 1)} {number(y)}'
                    'l-8 -4.5v9z"/>'
                )
            self.add(f'<circle class="heard" cx="{number(right)}" cy="{number(y)}" r="5"/>')
            opened = f"opened {row['from']}"
            if start < self.begins:
                opened = f"◂ opened {row['from']}"
            spans = [self.x(minutes(span[1])) for span in self.spans if span[0] == place]
            if spans and left + width(opened, 11) > spans[0] - 6:
                self.text(spans[0] - 6, y + 20, opened, "small faint", "end")
            else:
                self.beside_the_line(left, left, y + 20, opened, "small faint", 11)
            heard = f"heard {row['heard']}"
            begin = right - width(heard, 11) / 2
            self.beside_the_line(right, begin, y - 12, heard, "small", 11)
        if row.get("note"):
            x = (max(right, self.x(minutes(self.decides[0]))) + RIGHT) / 2
            self.text(x, y - 7, row["note"], "small faint", "middle")
        self.shape(VERDICT + 6, y, verdict)
        self.text(VERDICT + 18, y + 4.5, verdict, f"label strong {verdict}-text")

    def span(self, row, begins, ends, text):
        y = self.y(row) + 16
        left, right = self.x(minutes(begins)), self.x(minutes(ends))
        self.line(left, y, right, y, "span")
        for x in (left, right):
            self.line(x, y - 4, x, y + 4, "span")
        self.text(right + 5, y + 4, text, "small decides-text")

    def legend(self):
        y = self.bottom + 42
        x = 8.0
        used = [row["verdict"] for row in self.rows]
        items = [("bar", "in use"), ("heard", "last heard"), ("silent", "silent since")]
        if "alive" in used:
            items.append(("hollow", "in the roster"))
        items.append(("decides", "the moment that decides"))
        for kind, text in items:
            if kind == "bar":
                self.add(f'<rect class="neutral" x="{number(x)}" y="{number(y - 9)}" '
                         'width="22" height="10" rx="3"/>')
            elif kind == "heard":
                self.add(f'<circle class="heard" cx="{number(x + 15)}" cy="{number(y - 4)}" r="5"/>')
            elif kind == "silent":
                self.line(x, y - 4, x + 22, y - 4, "silent neutral-line")
            elif kind == "hollow":
                self.add(f'<rect class="hollow" x="{number(x + 1)}" y="{number(y - 9)}" '
                         'width="21" height="10" rx="3"/>')
            else:
                self.line(x + 16, y - 12, x + 16, y + 3, "decides")
            self.text(x + 28, y, text, "small faint")
            x += 28 + width(text, 11) + 18

    def svg(self):
        self.axis()
        moment, words = self.decides
        x = self.x(minutes(moment))
        self.line(x, TOP - 12, x, self.bottom + 4, "decides")
        for place, row in enumerate(self.rows):
            self.row(place, row)
        for span in self.spans:
            self.span(*span)
        self.centred(x, TOP - 20, words, "label strong decides-text", 12.5, low=8, high=WIDTH - 8)
        self.legend()
        height = self.bottom + 54
        body = "\n".join(self.parts)
        return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" \
viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title description">
<title id="title">{escape(self.title)}</title>
<desc id="description">{escape(self.description)}</desc>
<style>
{style()}
</style>
{body}
</svg>
"""


def colours(shade):
    of = {what: pair[shade] for what, pair in SHADES.items()}
    # The halo keeps text readable over lines, and on a page of the other shade.
    rules = [
        f"text{{fill:{of['ink']};stroke:{of['page']}}}",
        f".faint{{fill:{of['faint']}}}",
        f".grid{{stroke:{of['grid']}}}",
        f".now{{stroke:{of['faint']}}}",
        f".heard{{fill:{of['page']};stroke:{of['ink']}}}",
        f".neutral{{fill:{of['faint']}}}",
        f".neutral-line{{stroke:{of['faint']}}}",
        f".hollow{{stroke:{of['roster']}}}",
        f".alive-text{{fill:{of['roster']}}}",
        f".decides,.span{{stroke:{of['decides']}}}",
        f".decides-text{{fill:{of['decides']}}}",
    ]
    for verdict in ("live", "suspect", "orphan"):
        rules.append(f".{verdict},.{verdict}-text{{fill:{of[verdict]}}}")
        rules.append(f".{verdict}-line{{stroke:{of[verdict]}}}")
    return "\n".join(rules)


def style():
    return f"""text{{font-family:-apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;\
paint-order:stroke;stroke-width:3px;stroke-linejoin:round}}
.label{{font-size:12.5px}}
.small{{font-size:11px}}
.strong{{font-weight:600}}
.grid{{stroke-width:1}}
.now{{stroke-width:1.5}}
.silent{{stroke-width:2;stroke-dasharray:5 4}}
.heard{{stroke-width:2.5}}
.hollow{{fill:none;stroke-width:2}}
.decides{{stroke-width:2}}
.span{{stroke-width:1.5}}
{colours(0)}
@media (prefers-color-scheme:dark){{
{colours(1)}
}}"""


def session(who, what, begins, heard, verdict, note=None):
    return {"who": who, "what": what, "from": begins, "heard": heard, "verdict": verdict,
            "note": note}


def listed(name, begins):
    return {"who": name, "what": "in the roster", "from": begins, "verdict": "alive"}


PICTURES = [
    # restart-on-the-same-address
    Picture(
        "idle_beyond_threshold",
        "idle_beyond_threshold: idle, and silent for longer than the threshold",
        "Two sessions of web.1 from 10.1.2.3. Session 101 was opened at 08:00 and last heard at "
        "09:12; at 10:12 it had been silent for the threshold of one hour, and now, at 12:00, it "
        "is suspect. Session 102 was opened at 09:41, was heard at 11:59, and is live.",
        "07:45", "12:00", 60,
        [
            session("session 101", "web.1, 10.1.2.3", "08:00", "09:12", "suspect"),
            session("session 102", "web.1, 10.1.2.3", "09:41", "11:59", "live"),
        ],
        ("10:12", "10:12: silent for an hour"),
        [(0, "09:12", "10:12", "--stale-after 1h")],
    ),
    # max-age-of-a-quiet-thread
    Picture(
        "past_max_age",
        "past_max_age: older than its application lets a session become, and silent",
        "Two sessions of web.1 from 10.1.9.8, which closes connections after ten minutes. Session "
        "101 was opened at 11:30 and last heard at 11:35. It passed the max age at 11:40, has been "
        "silent for as long since 11:45, and is open still at 12:00: it is suspect. Session 102, opened at 11:55 and heard at "
        "11:59, is live.",
        "11:20", "12:00", 10,
        [
            session("session 101", "web.1, 10.1.9.8", "11:30", "11:35", "suspect"),
            session("session 102", "web.1, 10.1.9.8", "11:55", "11:59", "live"),
        ],
        ("11:45", "11:45: open and silent for ten minutes"),
        [(0, "11:35", "11:45", "silent for --max-age 10m")],
    ),
    # pool-size
    Picture(
        "beyond_pool_size",
        "beyond_pool_size: more sessions from one address than its pools hold",
        "Four of the five sessions of shop from 10.5.0.15, whose pools hold two at most. Session 101 "
        "was heard at 11:59 and session 102 at 11:58: they are the two heard last, and live. "
        "Session 103 was heard at 11:30, session 104 at 11:21; both have been quiet for longer than "
        "the grace of five minutes, and are suspect.",
        "10:50", "12:00", 10,
        [
            session("session 101", "shop, 10.5.0.15", "11:00", "11:59", "live"),
            session("session 102", "shop, 10.5.0.15", "11:05", "11:58", "live"),
            session("session 103", "shop, 10.5.0.15", "11:10", "11:30", "suspect"),
            session("session 104", "shop, 10.5.0.15", "11:20", "11:21", "suspect"),
        ],
        ("11:58", "11:58: the second that was heard last"),
        [(2, "11:30", "11:35", "quiet for --restart-grace 5m")],
    ),
    # silent-clients
    Picture(
        "silent_client",
        "silent_client: the server waits for its client",
        "Three sessions. Session 101 of loader is active, and has waited for its client since "
        "09:00. Session 102 of web.1 has been idle in a transaction since 09:00. At 10:00 both had "
        "waited for the threshold of one hour, and now, at 12:00, both are suspect. Session 104 "
        "of web.1 has been idle in a transaction only since 11:50, and is live.",
        "07:45", "12:00", 60,
        [
            session("session 101", "loader, 10.1.2.3", "08:00", "09:00", "suspect",
                    "active, waits for ClientRead"),
            session("session 102", "web.1, 10.1.9.8", "08:00", "09:00", "suspect",
                    "idle in transaction"),
            session("session 104", "web.1, 10.1.9.8", "08:00", "11:50", "live"),
        ],
        ("10:00", "10:00: an hour without a word"),
        [(0, "09:00", "10:00", "--stale-after 1h"), (1, "09:00", "10:00", "--stale-after 1h")],
    ),
    # shared-name-replaced-soon
    Picture(
        "replaced_address",
        "replaced_address: another address began soon after this one fell silent",
        "Two addresses of gunicorn, a name that many instances share. 10.1.2.3, opened at 08:00, "
        "was last heard at 11:12. 10.1.9.8 began at 11:13, within the grace of five minutes, and "
        "was heard at 11:59. 10.1.2.3 is suspect, 10.1.9.8 live.",
        "10:50", "12:00", 10,
        [
            session("10.1.2.3", "gunicorn", "08:00", "11:12", "suspect"),
            session("10.1.9.8", "gunicorn", "11:13", "11:59", "live"),
        ],
        ("11:13", "11:13: 10.1.9.8 begins"),
        [(0, "11:12", "11:17", "within --restart-grace 5m")],
    ),
    # restart-elsewhere
    Picture(
        "superseded",
        "superseded: the one instance of this name runs elsewhere since",
        "Two addresses of web.1. 10.1.2.3 has two sessions, opened at 08:00 and 08:30; the later "
        "of them was last heard at 09:12. 10.1.9.8 began at 09:41, after that, and was heard just "
        "now. As web.1 is one instance, the two sessions from 10.1.2.3 are orphans.",
        "07:45", "12:00", 60,
        [
            session("10.1.2.3", "web.1, session 101", "08:00", "09:12", "orphan"),
            session("10.1.2.3", "web.1, session 102", "08:30", "09:05", "orphan"),
            session("10.1.9.8", "web.1, session 103", "09:41", "11:59", "live"),
        ],
        ("09:41", "09:41: web.1 begins at another address"),
    ),
    # quiet-dyno-beside-a-replaced-one
    Picture(
        "beyond_instances",
        "beyond_instances: as many others as may run were in use after this one's end",
        "Three addresses of an application of which two instances may run. 10.5.0.1 was in use "
        "from 08:00 to 10:00, 10.5.0.2 from 08:00 to 09:30, 10.5.0.3 since 09:35. At 09:35 both "
        "10.5.0.1 and 10.5.0.3 were in use, after 10.5.0.2 was last heard: 10.5.0.2 has no place, "
        "and is an orphan. 10.5.0.1 is only suspect: it may be quiet.",
        "07:45", "12:00", 60,
        [
            session("10.5.0.1", "no name", "08:00", "10:00", "suspect"),
            session("10.5.0.2", "no name", "08:00", "09:30", "orphan"),
            session("10.5.0.3", "no name", "09:35", "11:59", "live"),
        ],
        ("09:35", "09:35: two others in use, --instances 2"),
    ),
    # restart-declared
    Picture(
        "before_restart",
        "before_restart: from before the restart that was declared, and not heard since",
        "A restart of web.* was complete at 09:41, as declared. web.1's session from 10.1.2.3 was "
        "opened at 08:00 and last heard at 09:12, before it: it is an orphan. web.2's from "
        "10.1.9.8 was opened at 09:42, and is live. worker.1's is as old as the orphan, but of "
        "another application than was restarted, and only suspect.",
        "07:45", "12:00", 60,
        [
            session("web.1", "10.1.2.3", "08:00", "09:12", "orphan"),
            session("web.2", "10.1.9.8", "09:42", "11:59", "live"),
            session("worker.1", "10.1.7.7", "08:00", "09:12", "suspect"),
        ],
        ("09:41", "09:41: the restart of web.* is complete"),
    ),
    # heroku-scaled-down
    Picture(
        "owner_gone",
        "owner_gone: the roster covers it and does not list it",
        "The roster, taken now at 12:00, lists web.1 alone, alive since 08:00. web.1's session "
        "from 10.1.2.3 was heard at 11:59, and is live. web.2's from 10.1.4.4 was last heard at "
        "11:30, and web.2 is not in the roster: it is an orphan.",
        "07:45", "12:00", 60,
        [
            listed("web.1", "08:00"),
            session("web.1", "10.1.2.3", "08:00", "11:59", "live"),
            session("web.2", "10.1.4.4", "08:00", "11:30", "orphan"),
        ],
        ("12:00", "12:00: the roster has web.1, and no web.2"),
    ),
    # heroku-restarted
    Picture(
        "predates_owner",
        "predates_owner: last heard before its owner in the roster began",
        "The roster's web.1 began at 09:41. The session from 10.1.2.3 was opened at 08:00 and last "
        "heard at 09:12, before that: another web.1 left it, and it is an orphan. The session from "
        "10.1.9.8, opened at 11:59, is live.",
        "07:45", "12:00", 60,
        [
            session("10.1.2.3", "web.1, session 101", "08:00", "09:12", "orphan"),
            listed("web.1", "09:41"),
            session("10.1.9.8", "web.1, session 102", "11:59", "11:59", "live"),
        ],
        ("09:41", "09:41: the roster's web.1 begins"),
    ),
    # complete-roster-without-names
    Picture(
        "predates_all",
        "predates_all: last heard before anything in the complete roster began",
        "The roster is complete, and everything in it began at 09:41 or later: web.1 at 09:41, "
        "web.2 at 09:44. The session from 10.5.0.1, without a name, was opened at 08:00 and last "
        "heard at 09:12: whatever left it is gone, and it is an orphan. Those from 10.5.0.2 and "
        "10.5.0.3, opened at 09:42 and 09:45, are live.",
        "07:45", "12:00", 60,
        [
            session("10.5.0.1", "no name", "08:00", "09:12", "orphan"),
            listed("web.1", "09:41"),
            listed("web.2", "09:44"),
            session("10.5.0.2", "no name", "09:42", "11:59", "live"),
            session("10.5.0.3", "no name", "09:45", "11:59", "live"),
        ],
        ("09:41", "09:41: the first in the roster begins"),
    ),
]


def main():
    folder = Path(__file__).resolve().parent
    for picture in PICTURES:
        path = folder / f"evidence-{picture.kind}.svg"
        path.write_text(picture.svg(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
