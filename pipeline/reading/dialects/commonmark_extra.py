"""What many tools share, and what can mean nothing else: comments, abbreviations, notes in the line, emoji codes."""

from __future__ import annotations

import html
import re

from pipeline.reading.dialects import PLAIN, Construct, Dialect
from pipeline.reading.dialects.boxes import ATTRIBUTES, CODE, encoded, left_out, names_in, outside_code, without_rows
from pipeline.reading.lines import FindingCollector, Lines, SourceLine, substitute

_COMMENT = re.compile(
    CODE + r"^ {0,3}\[(?://|comment|COMMENT|_|#|>|\.)\]:[ \t]*+(?:#|<#?>)[ \t]*+"
    r"(?:\((?:[^()]|\([^()]*\))*\)|\"[^\"]*\"|'[^']*')?[ \t]*$",
    re.MULTILINE,
)
_CONTENTS = re.compile(
    r"^\s*(?:\[TOC\]|\[\[_?TOC_?\]\]|\[\[toc\]\]|\$\{toc\}|\{\{TOC(?::[\d-]+)?\}\})\s*$", re.IGNORECASE
)
_ABBREVIATION = re.compile(r"^ {0,3}\*\[(?P<short>[^\]\n]+)\]:[ \t]*+(?P<long>.*\S)[ \t]*$")
_INLINE_NOTE = re.compile(CODE + r"(?<![\[\\])\^\[(?P<inside>(?:[^\[\]]|\[[^\[\]]*\](?:\([^()]*\))?)+)\]")
_ANGLE_TARGET = re.compile(
    CODE + r"\]\(<(?![A-Za-z][\w+.-]*:)(?P<target>[^<>\n]+)>(?P<title>[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?\)"
)
_HIGHLIGHT = re.compile(CODE + r"(?<![=\w])==(?=[^\s=])(?P<inside>[^=\n]*[^\s=])==(?![=\w])")
_CODES = names_in(
    "smile smiley grin grinning laughing joy wink blush heart hearts star star2 sparkles tada fire rocket bulb memo "
    "pencil pencil2 book books warning exclamation question bangbang information_source white_check_mark "
    "heavy_check_mark ballot_box_with_check x negative_squared_cross_mark no_entry no_entry_sign stop_sign thumbsup "
    "thumbsdown clap muscle raised_hands pray wave ok_hand point_right point_left point_up point_down eyes thinking "
    "thinking_face sweat_smile cry sob disappointed worried confused angry rage sunglasses heart_eyes hugs hug "
    "link paperclip pushpin calendar date clock1 alarm_clock hourglass watch bell mag mag_right key lock unlock gear "
    "wrench hammer tools construction package gift medal trophy first_place arrow_right arrow_left arrow_up arrow_down "
    "arrow_forward point_up_2 zap sunny cloud snowflake rainbow earth_americas earth_africa earth_asia world_map "
    "globe_with_meridians "
    "phone telephone_receiver iphone email envelope computer desktop_computer keyboard printer camera movie_camera "
    "video_camera tv headphones microphone mega loudspeaker speech_balloon thought_balloon hospital pill syringe "
    "stethoscope drop_of_blood bandage adhesive_bandage ambulance thermometer microscope dna walking running runner "
    "bicyclist swimmer person_in_lotus_position weight_lifting bed sleeping zzz apple green_apple carrot salad droplet "
    "coffee tea beer wine_glass smoking no_smoking baby child man woman older_man older_woman family dog cat bug bee "
    "seedling herb four_leaf_clover deciduous_tree rose sunflower one two three four five six seven eight nine zero "
    "hash keycap_ten red_circle large_blue_circle green_circle yellow_circle orange_circle black_circle white_circle "
    "heavy_plus_sign heavy_minus_sign +1 -1 100 point new free up cool ok sos information_desk_person relaxed innocent "
    "partying_face slightly_smiling_face upside_down_face shrug facepalm fearful scream dizzy dizzy_face mask "
    "face_with_thermometer nauseated_face sneezing_face brain bone eye ear nose mouth tooth lungs anatomical_heart leg "
    "foot hand raised_hand fist facepunch crossed_fingers v metal vulcan_salute handshake"
)
_ICON_SETS = ("material-", "fontawesome-", "octicons-", "simple-", "fa-", "bi-", "twemoji-", "icon-")
_EMOJI = re.compile(
    CODE + r"(?:(?P<gap>[ \t])|(?<![\w:/])):(?P<code>[a-z0-9+-][a-z0-9_+-]*):(?:\{[^{}\n]*\})?(?![\w:/])"
)
_ATTRIBUTE_LINE = re.compile(rf"^[ \t]*\{{{ATTRIBUTES}\}}[ \t]*$")


def _without_comments(lines: Lines, findings: FindingCollector) -> Lines:
    def removed(_: re.Match[str], number: int) -> str:
        findings.add("html-removed", number, "a comment, removed")
        return ""

    return substitute(lines, _COMMENT, removed)


def _without_contents(lines: Lines, _: FindingCollector) -> Lines:
    return without_rows(lines, _CONTENTS)


def _abbreviations(lines: Lines, findings: FindingCollector) -> Lines:
    """Give each abbreviation its long form where it stands first, and take the definitions away."""
    flags = outside_code(lines)
    found = [_ABBREVIATION.match(line.text) if is_text else None for line, is_text in zip(lines, flags, strict=True)]
    if not any(found):
        return lines
    kept = tuple(line.with_text("") if match else line for line, match in zip(lines, found, strict=True))
    titles = {match["short"]: html.escape(match["long"]) for match in filter(None, found)}
    shorts = "|".join(re.escape(short) for short in sorted(titles, key=len, reverse=True)[:_MOST_ABBREVIATIONS])
    pattern = re.compile(CODE + rf"{_NO_WORDS}|(?<![\w-])(?:{shorts})(?![\w-])")

    def long_form(at: re.Match[str], _: int) -> str:
        title = None if at["other"] else titles.pop(at[0], None)
        return f'<abbr title="{title}">{at[0]}</abbr>' if title else at[0]

    changed = substitute(kept, pattern, long_form)
    for line, match in zip(lines, found, strict=True):
        if match and match["short"] in titles:
            left_out(findings, line.number, f"{match['short']}: {match['long']}, an abbreviation that the text has not")
    return changed


_MOST_ABBREVIATIONS = 500
_NO_WORDS = r"(?P<other>\]\([^()\n]*\)|<[^<>\n]*>|https?://\S+|\[\^[^\]\n]*\])"


def _inline_notes(lines: Lines, _: FindingCollector) -> Lines:
    notes: list[str] = []

    def reference(match: re.Match[str], _: int) -> str:
        notes.append(" ".join(match["inside"].split()))
        return f"[^inline-note-{len(notes)}]"

    changed = substitute(lines, _INLINE_NOTE, reference)
    last = lines[-1].number
    for number, note in enumerate(notes, 1):
        changed += (SourceLine("", last), SourceLine(f"[^inline-note-{number}]: {note}", last))
    return changed


def _angle_targets(lines: Lines, _: FindingCollector) -> Lines:
    """Write destinations between angle brackets without them. Source: CommonMark 0.31, section 6.3."""
    return substitute(lines, _ANGLE_TARGET, lambda at, _: f"]({encoded(at['target'])}{at['title'] or ''})")


def _without_highlights(lines: Lines, _: FindingCollector) -> Lines:
    return substitute(lines, _HIGHLIGHT, lambda at, _: at["inside"])


def _without_emoji(lines: Lines, findings: FindingCollector) -> Lines:
    def removed(match: re.Match[str], number: int) -> str:
        code = match["code"]
        if code not in _CODES and not code.startswith(_ICON_SETS):
            return match[0]
        left_out(findings, number, f"the sign :{code}:")
        ends = match.end() == len(match.string) or match.string[match.end()] in " \t\n.,;:!?)"
        return "" if ends else match["gap"] or ""

    return substitute(lines, _EMOJI, removed)


def _without_attribute_lines(lines: Lines, _: FindingCollector) -> Lines:
    """Take away attributes on a line of their own (`{ .grid }`), which only style what is above them."""
    return without_rows(lines, _ATTRIBUTE_LINE)


DIALECT = Dialect(
    PLAIN,
    "Markdown",
    constructs=(
        Construct("comments ([//]: #)", ("]:",), _without_comments, 10),
        Construct(
            "tables of contents by mark ([TOC])",
            ("[TOC]", "[toc]", "[[", "${toc}", "{{TOC"),
            _without_contents,
            12,
        ),
        Construct(
            "attributes on a line of their own ({ .class })", ("{.", "{ .", "{#", "{ #"), _without_attribute_lines, 55
        ),
        Construct("destinations in angle brackets", ("](<",), _angle_targets, 60),
        Construct("highlights (==words==)", ("==",), _without_highlights, 61),
        Construct("notes in the line (^[note])", ("^[",), _inline_notes, 80),
        Construct("abbreviations (*[GP]: …)", ("*[",), _abbreviations, 85),
        Construct("emoji codes (:smile:)", (":",), _without_emoji, 90),
    ),
)
