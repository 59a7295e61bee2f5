"""Chinese words for who rates: those that files of HR departments have, and those that we write."""

from __future__ import annotations

from typing import Any

import pandas as pd

from rankkit.errors import Problem

SHOWN: dict[str, str] = {
    "supervisor": "上级", "peer": "同事", "subordinate": "下属", "self": "本人", "customer": "客户", "expert": "专家", "system": "系统",
    "model": "模型",
}  # fmt: skip
"""What each source is called in everything a reader of Chinese sees."""

SOURCE_WORDS: dict[str, str] = {
    **dict.fromkeys(("上级", "直接上级", "直属上级", "主管", "直属主管", "领导"), "supervisor"),
    **dict.fromkeys(("同事", "同级", "平级"), "peer"),
    **dict.fromkeys(("下属", "下级", "直接下属"), "subordinate"),
    **dict.fromkeys(("本人", "自己", "自我", "自"), "self"),
    **dict.fromkeys(("客户", "内部客户", "外部客户", "服务对象"), "customer"),
    **dict.fromkeys(("专家", "质检专家"), "expert"),
    **dict.fromkeys(("系统",), "system"),
    **dict.fromkeys(("模型",), "model"),
}


def sources_in(column: pd.Series) -> tuple[pd.Series, list[Problem]]:
    """Translate what is known and say so; ``上级评价`` and ``上级评`` are read as ``上级``.

    Examples
    --------
    >>> import pandas as pd
    >>> found, notes = sources_in(pd.Series(["上级评价", "peer", "自评"]))
    >>> found.tolist(), notes[0].details["read"]
    (['supervisor', 'peer', 'self'], ['上级评价 = supervisor', '自评 = self'])
    """
    if not pd.api.types.is_object_dtype(column.dtype) and not pd.api.types.is_string_dtype(column.dtype):
        return column, []
    meant = {v: found for v in column.dropna().unique() if (found := _source(v)) is not None}
    if not meant:
        return column, []
    read = [f"{word} = {source}" for word, source in meant.items()]
    return column.map(lambda v: meant.get(v, v)).astype(object), [Problem("I-SOURCEWORDS", None, None, None, {"read": read})]


def _source(value: Any) -> str | None:
    word = str(value).strip()
    return SOURCE_WORDS.get(word) or SOURCE_WORDS.get(word.removesuffix("价").removesuffix("评"))
