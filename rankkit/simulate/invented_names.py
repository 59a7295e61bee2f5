"""Invented names of the simulated service team, in Chinese characters and in pinyin."""

from __future__ import annotations

SURNAMES = (
    ("王", "Wang"), ("李", "Li"), ("张", "Zhang"), ("刘", "Liu"), ("陈", "Chen"), ("杨", "Yang"),
    ("黄", "Huang"), ("赵", "Zhao"), ("吴", "Wu"), ("周", "Zhou"), ("徐", "Xu"), ("孙", "Sun"),
    ("马", "Ma"), ("朱", "Zhu"), ("胡", "Hu"), ("郭", "Guo"), ("何", "He"), ("林", "Lin"),
    ("罗", "Luo"), ("梁", "Liang"), ("宋", "Song"), ("郑", "Zheng"), ("谢", "Xie"), ("韩", "Han"),
)  # fmt: skip
GIVEN = (
    ("雨桐", "Yutong"), ("志远", "Zhiyuan"), ("晓燕", "Xiaoyan"), ("建国", "Jianguo"), ("思齐", "Siqi"),
    ("佳宁", "Jianing"), ("浩然", "Haoran"), ("静怡", "Jingyi"), ("文博", "Wenbo"), ("春梅", "Chunmei"),
    ("子墨", "Zimo"), ("海峰", "Haifeng"), ("若琳", "Ruolin"), ("明轩", "Mingxuan"), ("丽娟", "Lijuan"),
    ("俊杰", "Junjie"), ("诗涵", "Shihan"), ("永强", "Yongqiang"), ("梓萱", "Zixuan"), ("德华", "Dehua"),
    ("秋菊", "Qiuju"), ("敏", "Min"), ("磊", "Lei"), ("洋", "Yang"), ("婷", "Ting"),
    ("斌", "Bin"),
)  # fmt: skip
SPECIAL = {  # place on the list of employees: two people of the same name, rare characters, double surnames
    5: ("王伟", "Wang Wei"),
    37: ("王伟", "Wang Wei"),
    11: ("赵龑", "Zhao Yan"),
    23: ("欧阳若曦", "Ouyang Ruoxi"),
    42: ("孙翀", "Sun Chong"),
    51: ("司马晴", "Sima Qing"),
}
CUSTOMERS = ("客户", "Customer")
EXPERTS = (
    ("质检专家甲", "Quality expert A"), ("质检专家乙", "Quality expert B"), ("质检专家丙", "Quality expert C"),
    ("质检专家丁", "Quality expert D"), ("质检专家戊", "Quality expert E"), ("质检专家己", "Quality expert F"),
)  # fmt: skip
HEAD = ("服务部总监", "Head of service")


def employees(n: int) -> list[tuple[str, str]]:
    """Names of ``n`` employees: (Chinese, pinyin), always the same, all different but one pair on purpose.

    >>> employees(12)[5], employees(12)[11]
    (('王伟', 'Wang Wei'), ('赵龑', 'Zhao Yan'))
    """
    return [SPECIAL[k] if k in SPECIAL else _name(k) for k in range(n)]


def _name(k: int) -> tuple[str, str]:
    """Return the k-th ordinary name; steps of 7 and 11 walk through both lists without repeating a pair soon."""
    surname, given = SURNAMES[7 * k % len(SURNAMES)], GIVEN[11 * k % len(GIVEN)]
    return surname[0] + given[0], f"{surname[1]} {given[1]}"
