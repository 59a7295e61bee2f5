"""Pay and grades the bonus tests share."""

from __future__ import annotations

import pandas as pd

from rankkit.calibration import BonusAllocation, BonusPlan

COLUMNS = {"person": "工号", "label": "姓名", "base": "基数", "months": "月数"}
WORTH = {"A": "1.5", "B": "1", "C": "0.6"}


def payroll(n: int = 20) -> pd.DataFrame:
    names = ["王伟", "李敏", "张三", "赵六"]
    return pd.DataFrame(
        {
            "工号": [f"{k:03}" for k in range(n)],
            "姓名": [names[k % 4] for k in range(n)],
            "基数": [f"{8000 + 137 * k}.50" for k in range(n)],
            "月数": ["6.5" if k % 5 == 0 else "12" for k in range(n)],
            "入职": [f"20{k % 20:02}-03-01" for k in range(n)],
        }
    )


def grades(n: int = 20) -> dict[str, str]:
    return {f"{k:03}": "ABBC"[k % 4] for k in range(n)}


def allocated(n: int = 20, **changes: object) -> BonusAllocation:
    settings = {"pool": "1000000", "reserve": "60000", "coefficients": WORTH} | changes
    return BonusPlan(**settings).allocate(grades(n), payroll(n), columns=COLUMNS)  # type: ignore[arg-type]
