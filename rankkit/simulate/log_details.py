"""Words that make simulated incidents differ: details, trait words in place of deeds, invented personal data of customers."""

from __future__ import annotations

_DETAILS = {
    "zh": (
        "主管在 {n} 分钟后的抽查中听到了这通电话", "当班记录本第 {n} 页有值班经理的签字", "同班的两位同事当时在场并事后作了说明",
        "质检系统为这次服务打了 {n} 号标签",
        "第二天早会用它作了三分钟的案例讨论", "客户在问卷最后一栏另外写了两句话", "交接班时已向下一班口头说明了经过",
        "录音保存在部门共享盘的第 {n} 个文件夹",
        "事后补填的流程单由后台于当晚核对完毕", "排队大屏显示当时还有 {n} 位客户在等待", "这件事写进了当周的部门简报第三栏",
        "财务同事在对账时也看到了这笔记录",
    ),
    "en": (
        "the supervisor heard the call in a spot check {n} minutes later", "the shift log has the duty manager's signature on page {n}",
        "two colleagues of the shift were there and said so afterwards", "the quality system gave the contact label {n}",
        "the next morning meeting spent three minutes on the case", "the customer added two lines at the end of the survey",
        "the next shift was told about it at the handover desk", "the recording is kept in folder {n} of the shared drive",
        "the back office checked the form that same evening", "the screen showed {n} customers in the queue at that time",
        "the case is in the third column of the weekly bulletin", "accounting saw the entry as well while balancing the books",
    ),
}  # fmt: skip
_TRAITS = {
    ("zh", True): ("工作态度好，责任心强。", "为人热情，性格开朗。", "能力强，悟性高。", "踏实肯干，积极主动。", "聪明能干，值得信赖。",
    "品德好，有上进心。"),
    ("zh", False): ("工作态度差，缺乏责任心。", "懒散，不积极。", "情绪化，缺乏大局观。", "粗心马虎。", "性格急躁，不好相处。",
    "骄傲自满，不思进取。"),
    ("en", True): ("Good attitude, responsible.", "Kind and cheerful.", "Talented, with real potential.", "Diligent and proactive.",
    "Smart and trustworthy.", "Loyal and dedicated."),
    ("en", False): ("Poor attitude, irresponsible.", "Lazy and passive.", "Emotional, no sense of the bigger picture.",
    "Careless and sloppy.", "Hot-tempered, difficult to work with.", "Arrogant and unmotivated."),
}  # fmt: skip
_CUSTOMERS = {
    "zh": ("客户王建军（电话13800005{n:03d}）", "客户李女士（手机13900004{n:03d}）", "客户陈先生（邮箱chen{n}@example.com）",
    "客户赵丽（住中山路{n}号）"),
    "en": ("Customer John Baker (phone 415-555-0{n:03d})", "Mrs Lee (mobile 13900004{n:03d})", "Mr Chen (mail chen{n}@example.com)",
    "Ms Zhao of {n} Maple Street"),
}  # fmt: skip


def detail(use: int, number: int, names: str) -> str:
    """Return the detail of the ``use``-th incident made from one statement.

    >>> detail(0, 12, "en")
    'the supervisor heard the call in a spot check 12 minutes later'
    """
    chosen = _DETAILS[names]
    return chosen[use % len(chosen)].format(n=number)


def trait(k: int, good: bool, names: str) -> str:
    """Return words that say what somebody is.

    >>> trait(0, False, "en")
    'Poor attitude, irresponsible.'
    """
    chosen = _TRAITS[names, good]
    return chosen[k % len(chosen)]


def with_customer(k: int, situation: str, names: str) -> str:
    """Put an invented customer before a situation.

    >>> with_customer(1, "A bill was wrong", "en")
    'Mrs Lee (mobile 13900004101): A bill was wrong'
    """
    chosen = _CUSTOMERS[names]
    return f"{chosen[k % len(chosen)].format(n=100 + k)}{'：' if names == 'zh' else ': '}{situation}"
