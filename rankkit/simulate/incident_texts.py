"""A hundred and fifty invented incidents of service work, in English and Chinese, with what their writers meant by them."""

from __future__ import annotations

from typing import Literal

from rankkit.errors import SettingsError

DIMENSIONS = ("knowledge", "attitude", "problem_solving", "communication")
SCALE = (1.0, 7.0)  # of effectiveness
_EACH = 32  # incidents that show one dimension, by dimension; the rest shows two

# how effective each is, in the order of the ids: good, then average, then bad; good and bad ones come to mind, average ones do not
_CLEAR = """
6.8 6.5 6.2 6.6 5.9 6.3 5.7 6.0 6.7 5.6 6.1 5.8 6.4 4.4 3.9 4.1 3.6 4.6 4.0 1.6 2.0 1.4 2.3 1.9 2.1 1.7 2.5 2.2 1.8 2.4 1.5 1.6
6.7 6.4 6.1 6.8 5.8 6.2 6.5 5.9 5.6 6.3 6.0 5.7 6.6 4.2 3.8 4.5 3.7 4.0 4.4 1.5 1.9 2.2 1.3 2.4 1.8 2.0 1.6 2.5 2.1 2.3 1.7 1.4
6.8 6.5 6.2 6.6 5.9 6.3 5.7 6.0 6.7 5.6 6.1 5.8 6.4 6.0 5.5 4.1 3.8 2.0 1.6 2.3 1.9 1.4 2.1 2.4 1.7 2.2 1.5 2.0 2.5 1.8 1.9 2.1
6.6 6.3 6.7 5.9 6.1 6.5 5.6 5.8 6.0 6.4 5.7 6.2 6.8 4.3 3.7 4.5 4.0 3.5 4.6 1.7 2.1 1.5 2.3 1.9 2.0 2.4 1.6 2.2 1.8 2.5 2.0 1.9
"""
# those that show two dimensions: the writer's, the other, effectiveness; k knowledge, a attitude, p problem solving, c communication
_TWOFOLD = """
kc6.2 kp5.9 kc2.2 kp2.0 kc4.2 ac6.1 ap5.8 ac2.1 ap1.9 ac4.1 ap3.9 pk6.3 pc6.0 pa2.3 pk2.1 pa4.0 pc3.8 ca6.4 ck6.0 ca2.2 cp2.0 ck4.3
"""
_LETTER = {name[0]: name for name in DIMENSIONS}

Statement = tuple[str, str, float, str, str, str]


def service_incidents(lang: Literal["en", "zh"] = "en") -> tuple[Statement, ...]:
    """Return the incidents, the same in both languages; everything in them is invented.

    Thirty-two show one dimension of service work each, twenty-two show two. Good and bad behaviour is common, average
    behaviour rare, and rarest in ``problem_solving``: as with incidents people write unless they are asked for average ones.
    Two are written down twice, in almost the same words (``s031`` and ``s032``, ``s055`` and ``s064``).

    Parameters
    ----------
    lang : {"en", "zh"}
        Language of the texts.

    Returns
    -------
    tuple of (str, str, float, str, str, str)
        ``statement_id, dimension, effectiveness`` (1 very bad … 7 very good), ``situation, behaviour, result``; the behaviour
        is what the agent did, without a subject: "named the faulty version from memory".

    Raises
    ------
    SettingsError
        For another language.

    Examples
    --------
    >>> texts = service_incidents()
    >>> len(texts), texts[0][:3]
    (150, ('s001', 'knowledge', 6.8))
    >>> service_incidents("zh")[0][4]
    '凭记忆说出有问题的固件版本'
    """
    truth = _truth()
    return tuple((name, *truth[name][::2], *texts) for name, *texts in _lines(lang))  # type: ignore[misc]


def second_dimensions() -> dict[str, str]:
    """Return the other dimension of the incidents that show two.

    Returns
    -------
    dict
        Statement id to dimension.

    Examples
    --------
    >>> second_dimensions()["s129"]
    'communication'
    """
    return {name: second for name, (_, second, _) in _truth().items() if second}


def expectations(lang: Literal["en", "zh"] = "en") -> dict[str, str]:
    """Return each behaviour edited to the form of an expectation, as Smith & Kendall (1963) print them.

    Parameters
    ----------
    lang : {"en", "zh"}
        Language of the texts.

    Returns
    -------
    dict
        Statement id to text.

    Raises
    ------
    SettingsError
        For another language.

    Examples
    --------
    >>> expectations()["s001"]
    "A caller's modem failed after a firmware update: could be expected to name the faulty version from memory."
    """
    if lang == "zh":
        return {name: f"{situation}：预期会{behaviour}。" for name, situation, behaviour, _ in _lines(lang)}
    from rankkit.simulate.incident_statements_en import VERBS  # noqa: PLC0415 - texts are loaded when they are read

    verbs = dict(pair.split("=") for pair in VERBS.split())
    out = {}
    for name, situation, behaviour, _ in _lines(lang):
        verb, rest = behaviour.split(" ", 1)
        out[name] = f"{situation}: could be expected to {verbs[verb]} {rest}."
    return out


def _lines(lang: str) -> list[list[str]]:
    """Id, situation, behaviour and result of each incident."""
    if lang == "en":
        from rankkit.simulate.incident_statements_en import STATEMENTS  # noqa: PLC0415
    elif lang == "zh":
        from rankkit.simulate.incident_statements_zh import STATEMENTS  # noqa: PLC0415
    else:
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed="'en', 'zh'")
    return [line.split("|") for line in STATEMENTS.splitlines()]


def _truth() -> dict[str, tuple[str, str, float]]:
    """Dimension, second dimension (empty if none) and effectiveness of each incident."""
    clear = [(DIMENSIONS[k // _EACH], "", float(value)) for k, value in enumerate(_CLEAR.split())]
    twofold = [(_LETTER[code[0]], _LETTER[code[1]], float(code[2:])) for code in _TWOFOLD.split()]
    return {f"s{k:03d}": facts for k, facts in enumerate(clear + twofold, start=1)}
