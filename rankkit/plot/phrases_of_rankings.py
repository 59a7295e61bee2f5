"""The words around plots of rankings, in English and simplified Chinese."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    # ladder
    "ladder": ("How each list was made", "各名单的形成"),
    "ladder_say": (
        "Best picks fill a list from the top, worst picks from the bottom; darker: picked earlier.",
        "选最好者自上而下，选最差者自下而上；颜色越深，选得越早。",
    ),
    "ladder_numbers": ("Number: which pick it was.", "数字：第几次挑选。"),
    "ladder_plain": ("No picks were recorded: the lists as handed in.", "没有挑选记录：按提交的名单显示。"),
    "ladder_empty": ("Nobody has been picked yet.", "尚未挑选任何人。"),
    "ladder_cut": ("{shown} of {n} lists: those with most picks.", "共 {n} 份名单，显示挑选次数最多的 {shown} 份。"),
    "picked_best": ("picked as best", "选为最好"),
    "picked_worst": ("picked as worst", "选为最差"),
    "together": ("picked together", "同时选出"),
    "forced": ("the last one left, not a choice", "最后剩下者，未经选择"),
    "rest": ("left tied at the finish", "结束时并列"),
    "left_over": ("shown, not placed", "已呈现，未排序"),
    "waiting": ("not placed yet", "尚未排序"),
    "ranked": ("ranked", "已排序"),
    "place": ("Place", "位次"),
    # heatmap
    "heatmap": ("Where each list puts each person", "各名单中每个人的位次"),
    "heatmap_say": (
        "People in order of the score, lists by their agreement with it. Colour: place within the list.",
        "人员按分数排列，名单按与其一致的程度排列。颜色：在该名单中的位次。",
    ),
    "heatmap_numbers": ("Number: rank in the list, ties averaged.", "数字：在名单中的名次，并列取平均。"),
    "heatmap_tau": ("τ: agreement of the list with the order shown.", "τ：名单与所示次序的一致程度。"),
    "heatmap_cut": ("{shown} of {n} lists: those agreeing least and most.", "共 {n} 份名单，显示一致程度最低与最高的 {shown} 份。"),
    "first_places": ("first", "靠前"),
    "middle_places": ("middle", "居中"),
    "last_places": ("last", "靠后"),
    # dendrogram
    "dendrogram": ("Which lists are alike", "哪些名单相近"),
    "dendrogram_say": (
        "Average linkage on 1 − τ: lists that join further left are more alike. Agreement does not show that a list is right.",
        "按 1 − τ 的平均联结：越靠左合并的名单越相近。一致并不表示正确。",
    ),
    "dendrogram_out": ("Left out, as they share too few people with most others: {n}.", "与多数名单共同人数过少而未画出：{n} 份。"),
    "dendrogram_gaps": (
        "{n} of {all} pairs of lists share too few people: taken as agreeing as the two lists do on average.",
        "{all} 对名单中有 {n} 对共同人数过少：按两份名单的平均一致程度计。",
    ),
    "dendrogram_none": (
        "No two lists share enough people to be compared.",
        "没有两份名单有足够的共同人员可供比较。",
    ),
    "dendrogram_review": ("Orange: a pattern to review.", "橙色：有待复核的模式。"),
    "distance": ("1 − τ (0 = same order, 1 = unrelated, 2 = reversed)", "1 − τ（0 = 次序相同，1 = 无关，2 = 相反）"),
}
