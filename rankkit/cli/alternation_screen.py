"""Alternation ranking in a terminal: a numbered list, one question at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rankkit.cli.phrases import phrase
from rankkit.cli.terminal import LOST, NotFoundError, Typed, ask, numbered, people_named, say, understood
from rankkit.errors import SessionError, language

if TYPE_CHECKING:
    from rankkit.elicit.alternation import AlternationSession

_REASONS = {"": "not_known", "1": "not_known", "2": "absent", "3": "conflict"}


class AlternationScreen:
    """Asks until the list is done, given up or put aside.

    Parameters
    ----------
    session : AlternationSession
        Open for writing.
    """

    def __init__(self, session: AlternationSession) -> None:
        self.session = session
        self.shown: list[str] = []
        self._since = 0.0

    def run(self) -> bool:
        """Ask; True when the list is done and confirmed, False when it was put aside or given up.

        Raises
        ------
        StoppedError
            At Ctrl-C or the end of the input; every answer is kept.
        """
        session = self.session
        if session.state == "paused":
            session.resume()
        seen = -1
        while True:
            if session.state in ("done", "abandoned"):
                self._show_standing()
                typed = understood(ask(phrase("done" if session.state == "done" else "given_up")))
                if not typed.command:
                    return session.state == "done"
            else:
                if seen != len(session.log):
                    self._show_question()
                    seen = len(session.log)
                typed = understood(ask(phrase(f"prompt_{session.end}")))
            try:
                if self._done_with(typed):
                    return False
            except SessionError as error:
                if error.code in LOST:
                    raise
                say(error.text())
            except NotFoundError as error:
                say(str(error))

    def _show_question(self) -> None:
        """Show who is left, and ask for one end."""
        session = self.session
        self.shown = session.remaining
        if session.state == "screen":
            say("\n" + phrase("screen"))
        last = session.step + len(self.shown) - 2
        say("\n" + phrase(f"ask_{session.end}", step=session.step, last=last, n=len(self.shown)))
        say(numbered(session.standing.names(self.shown)))
        self._since = time.monotonic()

    def _done_with(self, typed: Typed) -> bool:
        """Carry a command out; True to leave."""
        session = self.session
        match typed.command:
            case "":
                pass
            case "choice":
                self._pick(typed.rest)
            case "undo":
                self._undo(typed.rest)
            case "redo":
                session.redo()
                self._say_what("redone")
            case "exclude" | "withdraw":
                self._take_out(typed)
            case "switch":
                session.switch_end()
            case "note":
                session.note(typed.rest)
                say(phrase("noted"))
            case "list":
                self._show_standing()
            case "finish":
                self._finish(typed.rest)
            case "abandon":
                if ask(phrase("give_up")).casefold() in ("y", "yes", "是"):
                    session.abandon()
            case "pause":
                if session.state not in ("done", "abandoned"):
                    session.pause()
                return True
            case _:
                say(phrase("help"))
        return False

    def _named(self, text: str) -> list[str]:
        standing = self.session.standing
        return people_named(text, self.shown, standing.labels, standing.items)

    def _pick(self, text: str) -> None:
        """Take the numbers typed, and say where they stand now."""
        session = self.session
        items = self._named(text)
        end = session.end
        session.pick(items, response_ms=(time.monotonic() - self._since) * 1000)
        standing = session.standing
        place = standing.place(items[0])[language() == "zh"]
        say(phrase("placed", place=place, who=", ".join(standing.names(items)), end=end))
        if standing.forced is not None:
            say(phrase("forced", who=standing.name(standing.forced)))

    def _undo(self, text: str) -> None:
        session = self.session
        if text and not text.isdecimal():
            raise NotFoundError(phrase("unknown", text=text))
        before = len(session.log)
        session.undo(to=int(text) if text else None)
        for event in session.log.events[before:]:
            self._say_event("undone", event["of"])

    def _say_what(self, name: str) -> None:
        self._say_event(name, self.session.log.events[-1]["of"])

    def _say_event(self, name: str, n: int) -> None:
        """Say which step was taken back or brought back."""
        event = self.session.log.events[n - 1]
        who = self.session.standing.names(event.get("items") or [event.get("item", "")])
        say(phrase(name, what=phrase(f"what_{event['event']}", who=", ".join(who))))

    def _take_out(self, typed: Typed) -> None:
        """Cross people out, or withdraw them."""
        session = self.session
        if not typed.rest:
            raise NotFoundError(phrase("which", letter="x" if typed.command == "exclude" else "w", number=3))
        items = self._named(typed.rest)
        if typed.command == "withdraw":
            for item in items:
                session.withdraw(item)
                say(phrase("withdrawn", who=session.standing.name(item)))
            return
        reason = _REASONS.get(ask(phrase("reason"))[:1], "not_known") if session.state == "screen" else "not_known"
        for item in items:
            session.exclude(item, reason)
            say(phrase("excluded", who=session.standing.name(item), reason=session.standing.reason(item)[language() == "zh"]))

    def _finish(self, text: str) -> None:
        """End early, saying what the rest means."""
        answers = {"t": "tied", "n": "unranked"}
        rest = answers.get((text or ask(phrase("rest", n=len(self.shown))))[:1].casefold())
        if rest == "tied":
            self.session.finish(rest="tied")
        elif rest == "unranked":
            self.session.finish(rest="unranked")

    def _show_standing(self) -> None:
        """Show the list as it stands, best first."""
        standing = self.session.standing
        picked_last = {i for i, pick in standing.picked.items() if pick.end == "worst"}
        order = sorted(standing.ranks, key=lambda i: (standing.ranks[i], i))
        say("\n" + phrase("top"))
        for item in [i for i in order if i not in picked_last]:
            say(f" {standing.ranks[item]:3d}  {standing.name(item)}")
        left = [i for i in standing.unplaced if i not in standing.ranks]
        if left:
            say(phrase("between", n=len(left)))
        if picked_last & set(order):
            say(phrase("bottom"))
        for item in [i for i in order if i in picked_last]:
            say(f" {standing.ranks[item]:3d}  {standing.name(item)}")
        out = [*standing.excluded, *standing.withdrawn]
        if out:
            say(phrase("out", who=", ".join(standing.names(out))))
