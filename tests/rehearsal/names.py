"""Invented Chinese names: a surname by its share of the population, a given name by the bearer's sex and decade.

`people` calls it. Rule: both halves are drawn apart, so nobody in particular is meant. Any name that some
real person bears too is the coincidence that 1.4 billion people make of a few hundred characters.
"""

import random
from typing import Literal

Sex = Literal["男", "女"]

# Shares in per mille, rounded, after the household registration statistics that are published every year.
SURNAMES: dict[str, int] = {
    "王": 72, "李": 72, "张": 68, "刘": 54, "陈": 45, "杨": 31, "黄": 22, "赵": 23, "吴": 20, "周": 19,
    "徐": 15, "孙": 15, "马": 13, "朱": 13, "胡": 12, "郭": 12, "何": 11, "高": 11, "林": 11, "罗": 9,
    "郑": 9, "梁": 9, "谢": 8, "宋": 8, "唐": 7, "许": 7, "韩": 7, "冯": 6, "邓": 6, "曹": 6,
    "彭": 6, "曾": 6, "萧": 2, "田": 5, "董": 5, "潘": 5, "袁": 5, "蔡": 5, "蒋": 5, "余": 5,
    "于": 5, "杜": 4, "叶": 4, "程": 4, "魏": 4, "苏": 4, "吕": 4, "丁": 4, "任": 4, "卢": 4,
    "姚": 4, "沈": 4, "钟": 3, "姜": 3, "崔": 3, "谭": 3, "陆": 3, "范": 3, "汪": 3, "廖": 3,
    "石": 3, "金": 3, "韦": 3, "贾": 3, "夏": 3, "付": 3, "方": 3, "邹": 3, "熊": 3, "白": 3,
    "孟": 3, "秦": 3, "邱": 2, "侯": 2, "江": 2, "尹": 2, "薛": 2, "闫": 2, "段": 2, "雷": 2,
    "龙": 2, "史": 2, "陶": 2, "贺": 2, "毛": 1, "郝": 2, "顾": 2, "龚": 2, "邵": 2, "万": 2,
    "覃": 2, "武": 2, "钱": 2, "戴": 2, "严": 2, "莫": 1, "孔": 1, "向": 1, "常": 1, "仇": 1,
    "单": 1, "解": 1, "欧阳": 1, "上官": 1, "司徒": 1, "尉迟": 1,
}  # fmt: skip

# (first year, sex) -> first characters, second characters; a decade keeps its own sound.
GIVEN: dict[tuple[int, Sex], tuple[str, str]] = {
    (1900, "男"): ("德福长永振金万世玉宝学", "贵才财发山林根顺祥田茂"),
    (1900, "女"): ("桂秀玉淑素凤兰翠菊春", "英兰珍芳莲云花香枝梅"),
    (1950, "男"): ("建国志卫新保红爱跃解", "国军民平华生社明勇柱"),
    (1950, "女"): ("桂秀玉淑凤爱春红素月", "英兰珍芳华荣霞琴萍梅"),
    (1965, "男"): ("建志国海文宏立永晓庆", "军平峰东民强林波斌忠"),
    (1965, "女"): ("丽秀红艳海春小晓玉慧", "萍霞红艳丽梅玲琴芳敏"),
    (1980, "男"): ("晓俊志海文振少建宏明", "鹏飞磊亮超辉涛勇峰龙"),
    (1980, "女"): ("晓丽海雪婷春文艳亚慧", "燕娟静莉娜颖慧芳玲琳"),
    (1990, "男"): ("俊子嘉浩志文宇鹏泽家", "豪杰凯鑫伟翔博宁帅阳"),
    (1990, "女"): ("雨佳思梦雅晓欣诗婉嘉", "婷琪雯瑶琳倩怡颖洁萱"),
    (2003, "男"): ("子浩宇俊梓嘉一睿皓奕", "轩涵泽睿宸然博航辰诺"),
    (2003, "女"): ("子梓欣雨思诗语可一若", "涵萱怡彤妍琪悦桐汐诺"),
}
ONE_CHARACTER: dict[Sex, str] = {"男": "磊鹏凯鑫浩帆超峰昊骏", "女": "婷倩蕾婧莹琳颖悦茜璐"}
# An office's spreadsheet always holds some that its fonts and encodings stumble over.
RARE: dict[Sex, str] = {"男": "喆翀彧骉烎昇", "女": "玥婳昳㛃祎翊"}


def surname(rng: random.Random) -> str:
    """A family name, as often as it is met in the street."""
    return rng.choices(list(SURNAMES), weights=list(SURNAMES.values()))[0]


def given_name(rng: random.Random, sex: Sex, born: int) -> str:
    """One or two characters in the taste of the year of birth; now and then a rare one."""
    chance = rng.random()
    if chance < 0.008:
        return rng.choice(RARE[sex])
    if chance < 0.20 and born >= 1970:
        return rng.choice(ONE_CHARACTER[sex])
    decade = max(year for year, of in GIVEN if of == sex and year <= born)
    first, second = (rng.choice(half) for half in GIVEN[decade, sex])
    return first + (second if second != first else "")
