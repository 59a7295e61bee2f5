"""An archive of results: plain JSON with a versioned schema that reads back to equal objects.

Dataclasses that are kept in archives register themselves with :func:`archived`; arrays, tables, covariances and
problems know how to be written here. Floats keep every bit (``repr`` round-trips), ``nan`` and infinities are words.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem
from rankkit.kernels import covariance

SCHEMA = 1
_KEY = "$"
_known: dict[str, type[Any]] = {}
C = TypeVar("C")


def archived(cls: type[C]) -> type[C]:
    """Register a dataclass that results keep, so that archives can hold it."""
    _known[cls.__name__] = cls
    return cls


archived(Problem)


def dumps(obj: Any) -> str:
    """Write an object as JSON text."""
    return json.dumps({"schema": SCHEMA, "rankkit": encode(obj)}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def loads(text: str) -> Any:
    """Read what :func:`dumps` wrote.

    Raises
    ------
    DataError
        If the schema is another one.
    """
    outer = json.loads(text)
    if not isinstance(outer, dict) or outer.get("schema") != SCHEMA:
        found = outer.get("schema") if isinstance(outer, dict) else None
        raise DataError("E-SCHEMA", found=found, expected=SCHEMA)
    return decode(outer["rankkit"])


def encode(obj: Any) -> Any:  # noqa: PLR0911 - one line a kind
    """Turn an object into plain JSON values."""
    if obj is None or isinstance(obj, (bool, str)):
        return obj
    if obj is pd.NA or obj is pd.NaT:
        return {_KEY: "NA"}
    if isinstance(obj, (int, np.integer)):
        return int(obj)
    if isinstance(obj, (float, np.floating)):
        return float(obj) if math.isfinite(obj) else {_KEY: "float", "v": str(float(obj))}
    if isinstance(obj, np.ndarray):
        return {_KEY: "array", "dtype": str(obj.dtype), "shape": list(obj.shape), "v": [encode(v) for v in obj.ravel().tolist()]}
    if isinstance(obj, (tuple, list)):
        return {_KEY: "tuple" if isinstance(obj, tuple) else "list", "v": [encode(v) for v in obj]}
    if isinstance(obj, pd.DataFrame):
        return _encode_frame(obj)
    if isinstance(obj, (covariance.Dense, covariance.Factor, covariance.Precision)):
        return {_KEY: "covariance", "kind": type(obj).__name__, "v": {k: encode(v) for k, v in obj.to_arrays().items()}}
    if isinstance(obj, Mapping):
        return {_KEY: "dict", "k": [encode(k) for k in obj], "v": [encode(v) for v in obj.values()]}
    if type(obj).__name__ in _known:
        return {_KEY: type(obj).__name__, "v": {f.name: encode(getattr(obj, f.name)) for f in fields(obj) if f.init}}
    msg = f"an archive cannot hold {type(obj).__name__}"
    raise TypeError(msg)


def decode(obj: Any) -> Any:  # noqa: PLR0911 - one line a kind
    """Turn plain JSON values back into the object."""
    if not isinstance(obj, dict):
        return obj
    kind = obj[_KEY]
    if kind == "NA":
        return pd.NA
    if kind == "float":
        return float(obj["v"])
    if kind == "array":
        return np.array([decode(v) for v in obj["v"]], dtype=obj["dtype"]).reshape(obj["shape"])
    if kind in ("tuple", "list"):
        items = [decode(v) for v in obj["v"]]
        return tuple(items) if kind == "tuple" else items
    if kind == "frame":
        return _decode_frame(obj)
    if kind == "covariance":
        return covariance.from_arrays(obj["kind"], {k: decode(v) for k, v in obj["v"].items()})
    if kind == "dict":
        return dict(zip((decode(k) for k in obj["k"]), (decode(v) for v in obj["v"]), strict=True))
    return _known[kind](**{k: decode(v) for k, v in obj["v"].items()})


def _encode_frame(frame: pd.DataFrame) -> dict[str, Any]:
    flat = frame.reset_index()
    dtypes = [str(dtype) for dtype in flat.dtypes]
    columns = [[encode(_item(v)) for v in flat.iloc[:, k]] for k in range(flat.shape[1])]
    named = [n is not None for n in frame.index.names]
    return {_KEY: "frame", "index": len(frame.index.names), "named": named, "names": [str(c) for c in flat.columns], "dtypes": dtypes, "v": columns}


def _item(value: Any) -> Any:
    """Missing values of any dtype become one kind of NA."""
    return pd.NA if value is pd.NA or value is pd.NaT else value


def _decode_frame(obj: dict[str, Any]) -> pd.DataFrame:
    data = {}
    for name, dtype, values in zip(obj["names"], obj["dtypes"], obj["v"], strict=True):
        plain = [decode(v) for v in values]
        data[name] = pd.Series(plain, dtype="object" if dtype == "category" else dtype)
    frame = pd.DataFrame(data)
    index = obj["names"][: obj["index"]]
    frame = frame.set_index(index)
    frame.index.names = [n if named else None for n, named in zip(index, obj["named"], strict=True)]
    return frame
