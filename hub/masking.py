"""What a guard and a screen may know of a person's name and telephone number.

The import calls it once for each person and keeps the results in the registry, so nothing that leaves the office has
to read a whole name again. Rule: a masked name never gives the whole name back, whatever script it is written in.
"""

import re
import unicodedata

HIDDEN = "*"
# Surnames of two characters that are still borne; a name that begins with one keeps both of them.
COMPOUND_SURNAMES = frozenset((
    "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛", "尉迟", "公羊",
    "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容", "仲孙", "钟离", "长孙", "宇文",
    "司徒", "鲜于", "司空", "闾丘", "子车", "亓官", "司寇", "巫马", "公西", "颛孙", "壤驷", "公良", "漆雕", "乐正",
    "宰父", "谷梁", "拓跋", "夹谷", "轩辕", "令狐", "段干", "百里", "呼延", "东郭", "南门", "羊舌", "微生", "梁丘",
    "左丘", "东门", "西门", "第五", "纳兰", "完颜", "叶赫", "歐陽", "司馬", "諸葛", "尉遲", "東方", "長孫",
))  # fmt: skip
# Characters that sound otherwise as a surname; only the first letter matters here.
_SURNAME_INITIALS = {
    "单": "s", "單": "s", "解": "x", "仇": "q", "曾": "z", "朴": "p", "区": "o", "區": "o", "查": "z", "覃": "q",
    "翟": "z", "缪": "m", "繆": "m", "种": "c", "乐": "y", "召": "s", "员": "y", "盖": "g", "繁": "p", "晁": "c",
    "折": "s", "尉迟": "yc", "尉遲": "yc", "万俟": "mq", "长孙": "zs", "長孫": "zs", "澹台": "tt", "乐正": "yz",
}  # fmt: skip
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_BETWEEN_WORDS = re.compile(r"[\s.·•‧・'’-]+")


def clean_name(text: str) -> str:
    """A name as one writes it: composed, no spaces inside a Chinese name, single ones in any other."""
    composed = unicodedata.normalize("NFC", text)
    words = composed.split()
    return "".join(words) if words and all(_HAN.match(word) for word in words) else " ".join(words)


def mask(name: str) -> str:
    """王小明 -> 王*明, 王明 -> 王*, 欧阳娜娜 -> 欧阳*娜, John Smith -> J* S*; a name of one character -> *."""
    written = clean_name(name)
    if not _HAN.search(written):
        return " ".join(word[:1] * (len(word) > 1) + HIDDEN for word in written.split())
    surname = _surname(written)
    # A space hides nothing, so none may stand for what the star covers.
    given = "".join(written[len(surname) :].split())
    if not given:
        # Two characters that happen to be a compound surname, or a single one: not all of it may be shown.
        return written[:-1] + HIDDEN
    return surname + HIDDEN + (given[-1] if len(given) > 1 else "")


def initials(name: str) -> str:
    """The first letter of each sound, for the guard's search: 王小明 -> wxm, 单田芳 -> stf, John Smith -> js."""
    written = clean_name(name)
    if not _HAN.search(written):
        return "".join(word[0] for word in _BETWEEN_WORDS.split(written) if word).lower()
    surname = _surname(written)
    spoken = _SURNAME_INITIALS.get(surname, "") or _sounds(surname)
    return (spoken + _sounds(written[len(surname) :])).lower()


def phone_tail(telephone: str) -> str:
    """The last four digits, by which a guard may ask; empty where a number is shorter than that would hide."""
    digits = [character for character in telephone if character.isdecimal()]
    return "".join(digits[-4:]) if len(digits) >= 7 else ""


def _surname(written: str) -> str:
    return written[:2] if written[:2] in COMPOUND_SURNAMES else written[:1]


def _sounds(text: str) -> str:
    # Its dictionaries take a quarter of a second to load, for which no command but the import should wait.
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415

    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER, errors=_letters))


def _letters(chunk: str) -> str:
    """What is no Chinese character gives the first letter of each of its words."""
    return "".join(word[0] for word in _BETWEEN_WORDS.split(chunk) if word and word[0].isalnum())
