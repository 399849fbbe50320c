"""Text beside a label: what does not fit on the line goes on below itself."""

from rich.console import Console
from rich.text import Text

NARROWEST = 24


def print_hanging(console: Console, label: Text, told: str, indent: int) -> None:
    """Prints a label and, from `indent` on, a text. Lines end where their words end, so that they can be copied."""
    room = max(NARROWEST, console.width - indent)
    lines = Text(told).wrap(console, room, overflow="fold") or [Text()]
    label = label.copy()
    label.pad_right(indent - label.cell_len)
    for line in lines:
        line.rstrip()
        console.print(label + line, soft_wrap=True)
        label = Text(" " * indent)
