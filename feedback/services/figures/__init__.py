"""The read side: roll-ups that dashboards and the public figures are made of.

`rollup` writes them from the cases; `board` shows them without small groups and exact counts.
"""

from feedback.services.figures.board import Board, Line, Question, ask
from feedback.services.figures.rollup import refresh, refresh_all

__all__ = ["Board", "Line", "Question", "ask", "refresh", "refresh_all"]
