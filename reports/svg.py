"""A matplotlib figure as inline SVG: the same bytes for the same figure, colours that follow the page."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from io import StringIO
from typing import Any, Final

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.printable import printable

# matplotlib wants real colours, the page wants variables that change with the reader's colour scheme:
# each role is drawn in a colour of its own that is replaced by the variable afterwards.
ROLES: Final = (
    "ink",
    "muted",
    "grid",
    "stage",
    "warmup",
    "p50",
    "p95",
    "p99",
    "base",
    "bad",
    "warn",
    "good",
    *(f"s{number}" for number in range(8)),
)
COLOURS: Final = {role: f"#0f{index:02x}a5" for index, role in enumerate(ROLES)}

_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.linewidth": 0.6,
    "axes.edgecolor": COLOURS["grid"],
    "axes.labelcolor": COLOURS["muted"],
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.5,
    "path.simplify": False,
}

_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_SIZE = re.compile(r'<svg\b[^>]*?viewBox="([^"]*)"[^>]*>', re.DOTALL)
_GROUP_ID = re.compile(r'<g id="[^"]*"')
_ID = re.compile(r'(\bid="|href="#|url\(#)')
_PATH = re.compile(r'(?<= d=")[^"]*(?=")')
_DECIMALS = re.compile(r"-?\d+\.\d+")
_VARIABLE = re.compile(r"--([a-z0-9-]+): (#[0-9a-f]{6})")
_USE = re.compile(r"var\(--([a-z0-9-]+)\)")
_SURPLUS = re.compile(  # said once for the page: its style sheet gives drawings their font and line joins
    r"<defs>\s*<style.*?</style>\s*</defs>"
    r"|font-family: [^;\"]*; "
    r"| transform=\"rotate\(-?0 [^\"]*\""
    r"|(?<=\n) +",
    re.DOTALL,
)


@contextmanager
def drawing() -> Iterator[None]:
    """Figures made and written inside look alike, whatever the machine's own matplotlib settings are."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        # The browser sets the text, in fonts with more glyphs than the one used for layout here.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        yield


@dataclass(frozen=True, slots=True)
class Margins:
    """Around the axes, for their labels and title."""

    left_in: float
    right_in: float
    top_in: float
    bottom_in: float


def figure_with_axes(width_in: float, height_in: float, around: Margins) -> tuple[Figure, Axes]:
    """Margins stay the same whatever the size; call it inside `drawing()`."""
    figure = Figure(figsize=(width_in, height_in))
    axes = figure.add_axes(
        (
            around.left_in / width_in,
            around.bottom_in / height_in,
            (width_in - around.left_in - around.right_in) / width_in,
            (height_in - around.top_in - around.bottom_in) / height_in,
        )
    )
    return figure, axes


def file_svg(figure: Figure, name: str, description: str) -> str:
    """For a file of its own, in the colours of a light page; call it inside `drawing()`."""
    style = files("reports").joinpath("templates", "report.css").read_text(encoding="utf-8")
    palette = dict(_VARIABLE.findall(style.partition("@media")[0]))
    text = _USE.sub(lambda found: palette[found[1]], str(inline_svg(figure, name, description)))
    page = f'font-family="sans-serif" stroke-linejoin="round" style="background: {palette["page"]}"'
    text = text.replace("xlink:href", "href")  # the older name needs a declaration where no HTML is around it
    return text.replace("<svg ", f"<svg {page} ", 1) + "\n"


def inline_svg(figure: Figure, name: str, description: str) -> Markup:
    """`name` keeps ids of several drawings on one page apart; call it inside `drawing()`."""
    mpl.rcParams["svg.hashsalt"] = name
    buffer = StringIO()
    figure.savefig(
        buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
    )
    text = _METADATA.sub("", _HEAD.sub("", buffer.getvalue(), count=1), count=1)
    text = _GROUP_ID.sub("<g", text)
    text = _ID.sub(rf"\g<1>{name}-", text)
    text = _PATH.sub(lambda found: _short(found.group()), text)
    text = _SURPLUS.sub("", text)
    for role, colour in COLOURS.items():
        text = text.replace(colour, f"var(--{role})")
    label = escape(printable(description))
    text = _SIZE.sub(
        lambda found: (
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="{found.group(1)}" role="img" aria-label="{label}">'
        ),
        text,
        count=1,
    )
    return Markup(text.strip())  # noqa: S704 - matplotlib escapes every text that it writes; the label is escaped here


def _short(path: str) -> str:
    """A tenth of a point is less than the eye sees and saves half of the file."""
    return _DECIMALS.sub(lambda found: f"{float(found.group()):.1f}", path).replace("\n", "").strip()
