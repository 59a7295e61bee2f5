"""An archive of results: plain JSON with a versioned schema that reads back to equal objects.

Dataclasses that are kept in archives register themselves with :func:`archived`; arrays, tables, covariances and
problems know how to be written here. Floats keep every bit (``repr`` round-trips), ``nan`` and infinities are words.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem, ReadingError
from rankkit.kernels.covariance import Dense, Factor, Precision
from rankkit.kernels.on_demand_covariance import OnDemand
from rankkit.kernels.pairs.bordered_laplacian import BorderedPrecision
from rankkit.privacy.confidential import Confidential, ConfidentialLater

SCHEMA = 1
_KEY = "$"
_known: dict[str, type[Any]] = {}
_COVARIANCES = (Dense, Factor, Precision, BorderedPrecision)
_covariance_of_kind: dict[str, type[Any]] = {form.kind: form for form in _COVARIANCES}
C = TypeVar("C")


def archived(cls: type[C]) -> type[C]:
    """Register a dataclass that results keep, so that archives can hold it."""
    _known[cls.__name__] = cls
    return cls


archived(Problem)
archived(Confidential)


def dumps(obj: Any) -> str:
    """Write an object as JSON text."""
    return json.dumps({"schema": SCHEMA, "rankkit": encode(obj)}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def loads(text: str) -> Any:
    """Read what :func:`dumps` wrote.

    Raises
    ------
    DataError
        If the schema is another one, or this is no archive.
    """
    try:
        outer = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError("E-ARCHIVE", reason=str(error)) from None
    if not isinstance(outer, dict) or outer.get("schema") != SCHEMA:
        found = outer.get("schema") if isinstance(outer, dict) else None
        raise DataError("E-SCHEMA", found=found, expected=SCHEMA)
    try:
        return decode(outer["rankkit"])
    except (KeyError, IndexError, AttributeError, TypeError, ValueError) as error:
        raise DataError("E-ARCHIVE", reason=f"{type(error).__name__}: {error}") from error


def text_of(source: str | Path) -> str:
    """Return the text of an archive, given that text or the path of a file.

    Raises
    ------
    DataError
        If the file cannot be read.
    ReadingError
        If there is no such file.
    """
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return source
    try:
        known = Path(source).is_file()  # text far too long for a name is none
    except OSError:
        known = False
    if not known:
        raise ReadingError("E-FILE", path=str(source)[:200])
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError("E-ARCHIVE", reason=type(error).__name__) from error


def encode(obj: Any) -> Any:
    """Turn an object into plain JSON values."""
    if obj is None or isinstance(obj, (bool, str, np.bool_)):
        return bool(obj) if isinstance(obj, np.bool_) else obj
    if obj is pd.NA or obj is pd.NaT:
        return {_KEY: "NA"}
    if isinstance(obj, (int, np.integer)):
        return int(obj)
    if isinstance(obj, (float, np.floating)):
        return float(obj) if math.isfinite(obj) else {_KEY: "float", "v": str(float(obj))}
    if isinstance(obj, np.ndarray):
        return _encode_array(obj)
    if isinstance(obj, dt.date):  # a datetime is one too
        return {_KEY: "time" if isinstance(obj, dt.datetime) else "date", "v": obj.isoformat()}
    if isinstance(obj, (tuple, list)):
        return {_KEY: "tuple" if isinstance(obj, tuple) else "list", "v": [encode(v) for v in obj]}
    if isinstance(obj, pd.DataFrame):
        return _encode_frame(obj)
    if isinstance(obj, OnDemand):
        return encode(obj.resolved)
    if isinstance(obj, ConfidentialLater):
        return encode(obj.finished)
    if isinstance(obj, _COVARIANCES):
        return {_KEY: "covariance", "kind": obj.kind, "v": {k: encode(v) for k, v in obj.to_arrays().items()}}
    if isinstance(obj, Mapping):
        return {_KEY: "dict", "k": [encode(k) for k in obj], "v": [encode(v) for v in obj.values()]}
    if type(obj).__name__ in _known:
        return {_KEY: type(obj).__name__, "v": {f.name: encode(getattr(obj, f.name)) for f in fields(obj) if f.init}}
    msg = f"an archive cannot hold {type(obj).__name__}"
    raise TypeError(msg)


def decode(obj: Any) -> Any:
    """Turn plain JSON values back into the object."""
    if not isinstance(obj, dict):
        return obj
    kind = obj[_KEY]
    if kind == "NA":
        return pd.NA
    if kind == "float":
        return float(obj["v"])
    if kind == "array":
        return _decode_array(obj)
    if kind in ("time", "date"):
        return pd.Timestamp(obj["v"]) if kind == "time" else dt.date.fromisoformat(obj["v"])
    if kind in ("tuple", "list"):
        items = [decode(v) for v in obj["v"]]
        return tuple(items) if kind == "tuple" else items
    if kind == "frame":
        return _decode_frame(obj)
    if kind == "covariance":
        return _covariance_of_kind[obj["kind"]].from_arrays({k: decode(v) for k, v in obj["v"].items()})
    if kind == "dict":
        return dict(zip((decode(k) for k in obj["k"]), (decode(v) for v in obj["v"]), strict=True))
    if kind not in _known:
        raise DataError("E-ARCHIVE", reason=f"{kind} is not known")
    return _known[kind](**{k: decode(v) for k, v in obj["v"].items()})


def _encode_frame(frame: pd.DataFrame) -> dict[str, Any]:
    columns = [_encode_column(frame.iloc[:, k]) for k in range(frame.shape[1])]
    return {_KEY: "frame", "index": _encode_axis(frame.index), "columns": _encode_axis(frame.columns), "v": columns}


def _decode_frame(obj: dict[str, Any]) -> pd.DataFrame:
    index = _decode_axis(obj["index"])
    columns = {k: _decode_column(column).set_axis(index) for k, column in enumerate(obj["v"])}
    frame = pd.DataFrame(columns, index=index)
    frame.columns = _decode_axis(obj["columns"])
    return frame


def _encode_axis(axis: pd.Index[Any]) -> dict[str, Any]:
    """Write row or column labels, one level or several."""
    levels = [_encode_column(axis.get_level_values(k)) for k in range(axis.nlevels)]
    return {"names": [encode(name) for name in axis.names], "levels": levels}


def _decode_axis(obj: dict[str, Any]) -> pd.Index[Any]:
    names = [decode(name) for name in obj["names"]]
    levels = [_decode_column(level) for level in obj["levels"]]
    if len(levels) > 1:
        return pd.MultiIndex.from_arrays(levels, names=names)
    axis: pd.Index[Any] = pd.Index(levels[0], name=names[0], dtype=levels[0].dtype)
    return axis


def _encode_column(column: pd.Series[Any] | pd.Index[Any]) -> dict[str, Any]:
    """Write one column: its type and its cells; categories once and codes into them."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        cells = pd.Categorical(column)
        categories = _encode_column(cells.categories)
        return {"dtype": "category", "ordered": bool(cells.ordered), "categories": categories, "v": cells.codes.tolist()}
    return {"dtype": str(column.dtype), "v": [encode(cell) for cell in column]}


def _decode_column(obj: dict[str, Any]) -> pd.Series[Any]:
    """Read one column."""
    if obj["dtype"] == "category":
        categories = _decode_column(obj["categories"])
        return pd.Series(pd.Categorical.from_codes(obj["v"], pd.Index(categories, dtype=categories.dtype), ordered=obj["ordered"]))
    column: pd.Series[Any] = pd.Series([decode(cell) for cell in obj["v"]], dtype=obj["dtype"])
    return column


def _encode_array(array: Any) -> dict[str, Any]:
    cells = (array.astype(str) if array.dtype.kind == "M" else array).ravel().tolist()
    plain = array.dtype.kind in "biu" or (array.dtype.kind == "f" and bool(np.isfinite(array).all()))
    return {_KEY: "array", "dtype": str(array.dtype), "shape": list(array.shape), "v": cells if plain else [encode(v) for v in cells]}


def _decode_array(obj: dict[str, Any]) -> Any:
    cells = [decode(cell) for cell in obj["v"]]
    array = np.empty(len(cells), dtype=obj["dtype"])
    if array.dtype == object:
        for k, cell in enumerate(cells):  # a list in a cell stays a list
            array[k] = cell
    else:
        array[:] = cells
    return array.reshape(obj["shape"])
