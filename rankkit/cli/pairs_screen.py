"""Paired comparison in a terminal: two names, one question."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from rankkit.cli.phrases import phrase
from rankkit.cli.terminal import LOST, NotFoundError, Typed, ask, people_named, say, understood
from rankkit.errors import SessionError, language

if TYPE_CHECKING:
    from rankkit.elicit.pairing import PairingSession

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "left": ("1", "l", "left", "左"),
    "right": ("2", "r", "right", "右"),
    "tie": ("=", "0", "t", "tie", "平", "平局", "相当", "相當"),
    "skip": ("s", "skip", "跳过", "跳過"),
    "undo": ("u", "undo", "撤销", "撤銷"),
    "withdraw": ("w", "withdraw", "撤回"),
    "pause": ("p", "pause", "q", "quit", "exit", "暂停", "暫停", "退出"),
    "finish": ("f", "finish", "结束", "結束", "完成"),
    "help": ("?", "h", "help", "帮助", "幫助"),
}
_ANSWERS: dict[str, Literal["left", "right", "tie", "skip"]] = {"left": "left", "right": "right", "tie": "tie", "skip": "skip"}


class PairsScreen:
    """Asks until every pair is answered, or the session is put aside.

    Parameters
    ----------
    session : PairingSession
        Open for writing.
    """

    def __init__(self, session: PairingSession) -> None:
        self.session = session
        self._since = 0.0

    def run(self) -> bool:
        """Ask; True when a table is wanted, False when the session was put aside.

        Raises
        ------
        StoppedError
            At Ctrl-C or the end of the input; every answer is kept.
        """
        session = self.session
        if session.state.paused:
            session.resume()
        seen = -1
        while True:
            finished = session.next is None
            if finished:
                typed = understood(ask(phrase("pairs_done")), COMMANDS)
                if not typed.command:
                    return True
            else:
                if seen != len(session.log):
                    self._show_question()
                    seen = len(session.log)
                typed = understood(ask(phrase("pairs_prompt")), COMMANDS)
            try:
                if typed.command in ("pause", "finish"):
                    if not finished:
                        session.pause()
                    return finished or typed.command == "finish"
                self._carry_out(typed)
            except SessionError as error:
                if error.code in LOST:
                    raise
                say(error.text())
            except NotFoundError as error:
                say(str(error))

    def _show_question(self) -> None:
        """Show the two people, and how much is left."""
        question, progress = self.session.next, self.session.progress
        if question is None:
            return
        dimension = f" · {question.dimension}" if len(self.session.settings.dimensions) > 1 or question.dimension != "overall" else ""
        minutes = max(1, round(progress.minutes_left))
        say("\n" + phrase("pairs_ask", number=progress.asked + 1, total=progress.total, minutes=minutes, dimension=dimension))
        say(f"   1  {self._name(question.left)}\n   2  {self._name(question.right)}")
        self._since = time.monotonic()

    def _name(self, item: str) -> str:
        """Display name and id."""
        label = self.session.settings.labels.get(item, item)
        return item if label == item else f"{label} ({item})"

    def _carry_out(self, typed: Typed) -> None:
        """Carry a command out."""
        session = self.session
        if typed.command in _ANSWERS:
            session.answer(_ANSWERS[typed.command], response_ms=round((time.monotonic() - self._since) * 1000))
        elif typed.command == "undo":
            self._undo()
        elif typed.command == "withdraw":
            self._withdraw(typed.rest)
        elif typed.command == "choice":
            raise NotFoundError(phrase("unknown", text=typed.rest))
        elif typed.command == "help":
            say(phrase("pairs_help"))

    def _undo(self) -> None:
        """Take back the last answer, and say which."""
        found = self.session.undo()
        if isinstance(found, str):
            say(phrase("undone", what=phrase("what_withdraw", who=self._name(found))))
            return
        zh = language() == "zh"
        sign = {"left": ">", "right": "<", "tie": "=", "skip": "跳过" if zh else "skipped"}[found.outcome]
        say(phrase("undone", what=f"{self._name(found.left)} {sign} {self._name(found.right)}"))

    def _withdraw(self, text: str) -> None:
        """Take people out of what is still to be asked."""
        if not text:
            raise NotFoundError(phrase("which", letter="w", number=1))
        question, settings = self.session.next, self.session.settings
        shown = [question.left, question.right] if question else []
        for item in people_named(text, shown, settings.labels, settings.items):
            self.session.withdraw(item)
            say(phrase("withdrawn", who=self._name(item)))
