"""Danish: all its tables."""

from pipeline.languages import Language

# Words that end as a passive and are none: `synes`, `findes`, `deres`.
_NO_PASSIVE = (
    "alles|andres|begges|deres|enes|enkeltes|færdes|forgæves|fælles|følges|gældes|jeres|kaldes|ledes|lykkes|længes|ligeledes|"
    "mandes|menneskes|mindes|mislykkes|mødes|nogles|samles|skændes|skyldes|stedes|synes|særdeles|således|anderledes|tilstedes|"
    r"trives|undres|vedkommendes|vores|væmmes|ældes|diabetes|herpes|findes|kendes|opleves|\w*breddes|\w*kræfters"
)
_ADJECTIVES = r"populært|godt|kort|svært|rart|stort|stift|fast|hårdt|koldt|varmt|skarpt|\w*igt|\w*isk"

LANGUAGE = Language(
    # ---- front matter and dates
    names="danish dansk",
    yes="ja sand",
    no="nej falsk",
    keys={
        "title": "titel overskrift", "lead": "indledning", "description": "resume resumé beskrivelse",
        "language": "sprog", "published": "udgivet publiceret dato",
        "updated": "opdateret sidst_opdateret senest_opdateret",
        "reviewed": "gennemgået sidst_gennemgået senest_gennemgået revideret",
        "reviewed_by": "gennemgået_af fagligt_gennemgået_af", "approved_by": "godkendt_af",
        "review_after": "næste_gennemgang gennemgås_igen", "authors": "forfatter forfattere skribent skrevet_af",
        "picture": "billede forsidebillede", "picture_alt": "alttekst billede_alt",
        "key_points": "det_vigtigste hovedpunkter", "kind": "slags", "tags": "emneord nøgleord",
        "related": "relateret relaterede læs_også", "draft": "kladde udkast", "unlisted": "skjult",
        "formats": "formater", "articles": "artikler kapitler", "series": "serie",
        "events": "kalender begivenheder arrangementer", "opening_hours": "åbningstider", "name": "navn",
        "position": "nr nummer", "date": "dato", "day": "dag", "time": "tid klokken", "place": "sted",
        "alttext": "alttekst", "part": "del", "full": "fuld", "teaser": "uddrag",
    },
    months=(
        "januar jan", "februar feb", "marts mar", "april apr", "maj", "juni jun", "juli jul", "august aug",
        "september sep sept", "oktober okt", "november nov", "december dec",
    ),
    weekdays="(?:man|tirs|ons|tors|fre|lør|søn)(?:dag)?",
    before_day=r"den|d\.",
    before_time=r"kl(?:\.|okken)?\s*",
    # ---- blocks
    callouts={
        "note": "bemærk bemaerk obs fakta faktaboks infoboks",
        "tip": "råd raad godt-råd godt-raad gode-råd gode-raad",
        "important": "vigtigt vigtig husk",
        "warning": "advarsel fare pas-på pas-paa",
        "caution": "forsigtig forsigtighed",
        "see-doctor": "læge laege søg-læge soeg-laege soeg-læge søg-laege kontakt-læge kontakt-laege søg-hjælp "
        "soeg-hjaelp ring-112 akut alarm alarmtegn alarmsymptomer røde-flag roede-flag",
        "key-points": "det-vigtigste hovedpunkter hovedpointer kort-fortalt opsummering resumé resume",
    },
    media={"web": "kun-web", "print": "kun-print kun-tryk", "mail": "kun-mail", "book": "kun-bog"},
    references=r"(?:relevante |videnskabelige |anvendte |brugte )?"
    r"(?:referencer?|referenceliste|kilder?|kildeliste|kildehenvisning(?:er)?|litteratur|litteraturliste"
    r"|litteraturhenvisninger|bibliografi)(?: og (?:kilder|referencer|litteratur|links|videre læsning))?",
    counted="trimester|klasse|sal|etage",
    contact="tlf|telefon|mobil|cvr",
    placeholders="INDSÆT",
    screen=(
        r"\bklik(?:ke)? (?:\w+ ){0,2}(?:her|ind|videre|på)\b",
        r"\btryk (?:her|på (?:knappen|linket))\b",
        r"\b(?:læs|se|find|hent|download|bestil|book|køb|tilmeld)\b[^.!?]{0,60}\b(?<!hvor )her(?=$|[\s]*[.!:)\]→»]|$)",
        r"\bvideo(?:en|er|erne|klippet)? (?:her|ovenfor|nedenfor|herunder|herover|nedenunder)\b",
        r"\b(?:se|i|følg) (?:gerne )?(?:videoen|videoerne|filmen)\b",
        r"\blink(?:et|s|ene)? (?:her|ovenfor|nedenfor|herunder|herover|i bunden)\b",
        r"\bfølg linket\b",
        r"\b(?:knappen|søgefeltet|menuen|formularen) (?:ovenfor|nedenfor|herunder|herover|øverst)\b",
        r"\b(?:knappen|søgefeltet|menuen|formularen) til (?:højre|venstre)\b",
        r"\bscroll\w* (?:op|ned|videre)\b",
        r"\bswip\w+ (?:til|op|ned|videre)\b",
    ),
    screen_hints="klik|tryk|her|video|film|link|knap|felt|menu|formular|scroll|swip",
    picture_words="illustration|billede|foto|fotografi|grafik|figur|ikon|tegning|infografik",
    picture_of="af|over|til|om|der viser|som viser",
    points_at_picture=r"\b(?:(?:her)?under|nedenfor|ovenfor|nedenstående|ovenstående)\b|"
    r"\b(?:billede|tegning|figur|illustration|graf|skema)(?:et|en)\b",
    exercise_steps="sådan (?:gør|laver) du|udførelse",
    exercise_dose="dosis|antal|gentagelser|hvor (?:meget|mange)",
    exercise_caution="vær (?:obs|forsigtig)|forsigtig|pas på|advarsel|stop",
    # ---- words and numbers
    calls="læs(?: mere| om| alt| her| videre)|lær(?: mere| om| alt)?|bliv klogere|klik|start nu|kom i gang|bestil|"
    "få(?: hjælpe?| viden| styr| svar| en| et| de| gode)|se(?: her| mere| hvordan| øvelser)|guide|alt (?:om|du)|"
    "find(?: ud| svar| hjælp| din| en)|tips (?:og|&) tricks|forbedr|optim[eé]r|kontakt",
    little="af da de den der det din dit du en er et for i med og om på som til ved",
    leads_on="at eller fra før hos hvis hvor hvordan men når op samt sin vi",
    goes_on="afd ang bl.a ca cand d.v.s div dr dvs ekskl evt f.eks fig fx fys hhv iflg ifm ift iht inkl jf jfr kl "
    "m.h.p m.h.t maks max mhp mht nr ovl p.g.a pga pr prof ref resp sct skt sml spl tlf v.h.a vedr vha vs",
    may_end="etc m.fl m.m m.v mfl min mm mv o.a o.l osv sek st stk",
    plain_spellings={
        "paa": "på", "saa": "så", "saadan": "sådan", "naar": "når", "faa": "få", "gaa": "gå", "staa": "stå",
        "maa": "må", "ogsaa": "også", "aar": "år", "foer": "før", "foerste": "første", "goer": "gør", "boer": "bør",
    },
    elided="sgu",
    before_number=r"\w*nr|\w*nummer|sag|journal|reg|konto|ordre|tlf|telefon|mobil|cvr|cpr|vandt|vundet|tabte|tabt|førte|"
    "uafgjort|d|den|dato",
    dose_units="enheder",
    dose_measures="mikrogram|dråber|tabletter",
    number_units=r"procent|liter|meter|timer?|minutter|uger|måneder|år|dage|gange|grader|millioner|mio\.",
    explains=r"\s*[,–]?\s*(?:eller\s|også\s+kaldet|det\s+vil\s+sige|dvs\.|altså\s)"
    r"|\s*,\s*(?:der|som|hvilket)\s|\s+(?:er|betyder|kaldes)\s+(?:en|et|når|at)\s",
    written_out=(r"\b{}\b\s*,?\s+(?:som\s+)?står\s+for", r"forkort(?:et|es)\s+(?:til\s+|som\s+)?\W?{}\b"),
    # ---- mailing
    columns={
        "e-mailadresse": "address", "sprog": "language", "samtykke": "consent_date", "samtykkedato": "consent_date",
        "samtykketekst": "consent_wording", "samtykkekilde": "consent_source",
    },
    illness="diagnos|sygdom|kræft|kraeft|diabet|depress|demens|skizo|migræne|artrose|epilep|misbrug|"
    r"personnummer|journalnr|\b(?:abort|adhd|angst|cpr|gigt|hiv|kol|stress)",
    unsubscribe="afmeld|frameld",
    reply="sv|vs",
    # ---- typography
    units="sek|kr|kroner|mio|mia|procent|procentpoint|grad|grader|graders|sekund|sekunder|sekunders|minut|minutter|"
    "minutters|time|timer|timers|dag|dage|dages|døgn|døgns|uge|uger|ugers|måned|måneder|måneders|år|års|gram|kilo|"
    "kilogram|milligram|mikrogram|meter|meters|kilometer|centimeter|millimeter|liter|deciliter|milliliter|kalorier|"
    "kilokalorier|kilojoule|watt",
    # Dansk Sprognævn, Retskrivningsordbogen: a space between number and percent sign, none in `100%ig`.
    percent=r"(?<=[0-9])(?:[ \n](?=[%‰])|[%‰])(?!\w|-\w|%\w)",
    thousands=".",
    quotes=("„“‚‘", "»«›‹", "“”‘’"),
    after_z=("æä", "øö", "å"),
    # ---- spelling
    dictionaries="da_DK",
    # A short list of stems, since `ae`, `oe` and `aa` also stand in names (Aarhus, Michael) and in right spelling
    # (koeffektiv).
    ascii_spellings=r"\b\w*(?:smaa|saadan|naar|paa\b|faar|gaar|staa|maade|aar(?:sag|lig|e[rn]?\b)|laen[dg]|knae|baek|vaek|"
    r"vaegt|traen|aeld|foed|oevel|oege|oejne?\b|loeb|goer|hoej|foel|soevn|smoer|oensk|noedv|koer|proev|boern|roer|"
    r"stoett?e)\w*",
    # English words, short forms (those in capitals do it too: `WHO's`), and firms and titles that are spelt so
    # everywhere.
    apostrophe_words="it that what let here there who how where he she one women men children people world today "
    "tv pc sms pdf cd dvd ph cm mm km kg ml mg "
    "mcdonald levi lloyd domino kellogg wendy sotheby christie macy sainsbury gray",
    # `det, der der sker`, `holde det op op ad`, `meget meget`.
    twice="der det den de så for har ja nej meget langt rigtig igen som på i om op over hvad mere",
    endings=("e", "en", "et", "er", "ene", "erne", "n", "r", "t", "rne", "ne"),
    genitives=("s",),
    # ---- style
    passive=rf"\b[Bb](?:liver|lev|live|levet)\s+(?:\w+\s+){{0,2}}?(?!(?:{_ADJECTIVES})\b)\w{{2,}}(?:et|[rkglsfb]t)\b"
    rf"|\b(?!(?:{_NO_PASSIVE})\b)(?!\w+(?:er|e|ne|ing|els|hed|skab|ende)nes\b)[a-zæøå]\w*"
    r"(?:[bcdfghjkmpqtvxz]es|[^e\W][lr]es|[æøåiuoay]nes|skes|ndes|gnes|rnes|lses|sses|kses|res)\b",
    passive_hint=r"es\b|[Bb]l[ei]v",
    hidden_verbs=r"\b(?:foretag(?:e|er|es|et)|foretog|udfør(?:e|er|es|t)|gennemfør(?:e|er|es|t))\s+(?:en|et|den|det)?\s*"
    r"(?:\w+\s+)?\w{4,}(?:ning|ing|else|tion)(?:en|er|erne)?\s+af\b"
    r"|\b(?:finder|fandt|finde|fundet)\s+\w*\s?sted\b"
    r"|\bmed\s+henblik\s+på\s+at\b|\bder\s+er\s+tale\s+om\b|\bske(?:r|te|t)?\s+(?:en|et)\s+\w+(?:ning|else|tion)\b"
    r"|\b(?:har|have|havde)\s+(?:en\s+)?(?:indflydelse|indvirkning)\s+på\b|\bi\s+besiddelse\s+af\b",
    # ---- help
    helpers="læge egenlæge speciallæge tandlæge vagtlæge skadestue sygehus hospital fysioterapeut kiropraktor "
    "behandler sundhedsfaglig sundhedsprofessionel diætist sygeplejerske jordemoder psykolog 1813 112 akutmodtagelse "
    "akuttelefon fagperson",
    weak_helpers="hjælp vurdering rådgivning",
    asks="søge?r?|kontakte?r?|ringe?r?|tale?r?|gå|tag|opsøge?r?|henvende?r?|spørg|bed|bestil|konsultere?|vurderes|"
    "vurderet|undersøges|undersøgt|tilses|ses|rådfør|drøft|aftal|få",
    seeks="søge?r?|professionel|akut",
    alarms="røde flag|faresignal|alarmsymptom",
    complaints=r"smert|\bondt\b|symptom|sygdom|\bsyge?\b|lidelse|betændelse|inflamm|infektion|skade|diagnos|patient|"
    r"feber|kræft|brud\b|bruddet|prolaps|gigt|syndrom|hovedpine|migræne|svimmel|angst|depression|allergi",
    negations=r"ikke|ingen|intet|aldrig|hverken|næppe|sjældent|uden|umuligt|frem for|myte\w*|hvis|om|forvent\w*|kræver|"
    "behøver|snarere end|i stedet for|nogle|visse|enkelte",
    not_needed="ordinals before_month spaces_marks",
)  # fmt: skip
