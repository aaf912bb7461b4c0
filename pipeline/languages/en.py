"""English: all its tables."""

from pipeline.languages import Language

LANGUAGE = Language(
    # ---- front matter and dates
    names="english engelsk",
    yes="yes",
    no="no",
    months=(
        "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
        "september sep", "october oct", "november nov", "december dec",
    ),
    weekdays="(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?",
    before_day="the",
    ordinals="st|nd|rd|th",
    before_month="of",
    before_time=r"at\s+",
    # ---- blocks
    callouts={
        "note": "note info information callout",
        "tip": "tip tips hint",
        "important": "important attention",
        "warning": "warning danger error",
        "caution": "caution",
        "see-doctor": "see-doctor see-a-doctor doctor red-flag red-flags",
        "key-points": "key-points keypoints key-takeaways summary tldr tl;dr",
    },
    media={
        "web": "web-only", "print": "print-only", "mail": "mail-only email-only", "book": "book-only epub-only",
    },
    references="(?:references?|reference list|sources?|bibliography|works cited|literature)"
    "(?: and (?:sources|references|links|further reading))?",
    contact="e-?mail|mail|fax",
    placeholders="INSERT|TODO|TBD",
    screen=(
        r"\bclick (?:\w+ )?(?:here|on|the|below|above)\b",
        r"\btap (?:here|the button)\b",
        r"\bread more here\b",
        r"\b(?:see|watch) the video\b",
        r"\b(?:video|link|button|form) (?:above|below)\b",
        r"\bfollow (?:the|this) link\b",
        r"\bscroll (?:up|down)\b",
    ),
    screen_hints="click|tap|here|video|link|scroll",
    picture_words="image|picture|photo|graphic|figure|icon",
    picture_of="of|for|about|showing",
    points_at_picture=r"\b(?:below|above|(?:the|this) (?:picture|drawing|figure|illustration|graph|chart))\b",
    exercise_steps="how to|how it is done|instructions",
    exercise_dose="dosage|dose|sets|repetitions|how (?:much|many)",
    exercise_caution="caution|warning|be careful",
    # ---- words and numbers
    calls="find(?: out)|tips and tricks|read (?:more|about|on)|click|learn (?:more|about)|get (?:help|started)|"
    "see (?:more|how)|everything|book",
    little="a an and in of the to",
    leads_on="as but by from if is on or that when with your",
    goes_on="approx dr e.g i.e Mr Mrs Ms Prof vs",
    may_end="etc no",
    elided="n|s|ve|em|til|tis|twas|bout|cause|round",
    before_number="lot|batch|version|v|tel|phone|mobile|fax|ean|won|lost|beat|score",
    dose_units="units",
    dose_measures="drops|tablets",
    number_units="percent|litre|hours|weeks|months|years|days|times|million",
    explains=r"\s*[,–]?\s*(?:or\s|also\s+called|that\s+is)|\s*,\s*which\s|\s+(?:is|means)\s+(?:an?|when)\s",
    written_out=(r"\b{}\b\s*,?\s+(?:which\s+)?stands\s+for",),
    # ---- mailing
    columns={"email": "address", "e-mail": "address", "mail": "address"},
    illness="cancer|migraine",
    unsubscribe="unsubscribe",
    reply="re",
    # ---- typography
    units="%|‰|sec|percent|degree|degrees|second|seconds|minute|minutes|hour|hours|day|days|week|weeks|month|months|"
    "year|years|gram|grams|kilogram|kilograms|kilo|kilos|milligram|milligrams|microgram|micrograms|metre|metres|meter|"
    "meters|kilometre|kilometres|kilometer|kilometers|centimetre|centimetres|litre|litres|liter|liters|inch|inches|"
    "foot|feet|ft|mile|miles|lb|lbs|oz|calories|mph",
    thousands=",",
    quotes=("“”‘’",),
    # ---- spelling
    dictionaries="en_GB en_US",
    twice="had that so very no yes bye far do her",  # `that that`
    endings=("s", "es"),
    genitives=("'s", "’s"),
    # ---- style
    passive=r"(?i:\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?(?:\w{3,}ed|done|given|taken|made|seen|found|shown|"
    r"known|held|kept|told|felt|worn|drawn)\b)",
    hidden_verbs=r"\b(?:perform|conduct|carry\s+out|undertake|make|undergo)(?:s|es|ed|ing)?\s+(?:an?|the)\s+(?:\w+\s+)?"
    r"\w{4,}(?:tion|ment|sion|ance|ence|sis)\s+of\b"
    r"|\bwith\s+a\s+view\s+to\b|\btakes?\s+place\b|\bin\s+the\s+event\s+of\b|\bis\s+in\s+possession\s+of\b",
    # ---- help
    helpers="doctor gp physician nurse clinic hospital emergency 999 911 112 111 pharmacist physiotherapist therapist "
    "midwife dentist",
    weak_helpers="help attention advice",
    asks="see|call|contact|talk to|speak to|speak with|ask|visit|go to|consult|phone|seek|get",
    seeks="seek|get|medical|urgent|professional",
    alarms="red flag",
    complaints=r"\bpain|\baches?\b|symptom|disease|illness|\bill\b|disorder|inflamm|infection|injur|diagnos|patient|fever|"
    "cancer|fracture|arthritis|syndrome|headache|migraine|dizz|anxiety|depression|allerg",
    negations="not|no|never|neither|cannot|can't|won't|don't|doesn't|isn't|nothing|if|whether|myths?|rather than|"
    "without",
    not_needed="keys counted plain_spellings percent spaces_marks after_z ascii_spellings apostrophe_words "
    "passive_hint",
)  # fmt: skip
