"""The read side: roll-ups that dashboards and the public figures are made of.

`rollup` writes them from the cases; `board` reads them, and shows no small group and no exact count.
"""

from feedback.services.figures.board import Board, Line, Question, ask
from feedback.services.figures.rollup import refresh, refresh_all

__all__ = ["Board", "Line", "Question", "ask", "refresh", "refresh_all"]
