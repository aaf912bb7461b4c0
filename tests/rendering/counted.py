"""Five texts of our own whose words were counted by hand, sentence by sentence.

A number is no word, an abbreviation is one, and so is a compound with a hyphen. A long word has more than six letters.
The end of a paragraph or of an item is the end of a sentence; so is a colon, as Björnsson counts.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counted:
    """A text: paragraphs of sentences, each with its words and its long words."""

    name: str
    paragraphs: tuple[tuple[tuple[str, int, int], ...], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Return each paragraph as it is read."""
        return tuple(" ".join(sentence for sentence, _, _ in paragraph) for paragraph in self.paragraphs)

    @property
    def sums(self) -> tuple[int, int, int]:
        """Return words, sentences and long words."""
        rows = [row for paragraph in self.paragraphs for row in paragraph]
        return sum(words for _, words, _ in rows), len(rows), sum(long for _, _, long in rows)

    @property
    def lix(self) -> float:
        words, sentences, long = self.sums
        return words / sentences + 100 * long / words


TEXTS = (
    Counted(
        "a daily walk",
        (
            (
                ("Du kan gå en tur hver dag.", 7, 0),
                ("Det er godt for både ryg og humør.", 8, 0),
                ("Begynd med ti minutter, og gå lidt længere hver uge.", 10, 2),
            ),
            (
                ("Gør det ondt?", 3, 0),
                ("Så gå langsommere, men bliv ved.", 6, 1),
                ("Lidt ømhed er helt normalt og går over af sig selv.", 11, 1),
            ),
            (
                ("Tag gerne en ven med.", 5, 0),
                ("Så bliver turen hyggeligere, og I husker den begge to.", 10, 1),
            ),
        ),
    ),
    Counted(
        "a sore neck",
        (
            (
                ("Nakkesmerter rammer f.eks. dem, der sidder længe ved en skærm.", 10, 1),
                ("Smerterne går som regel over i løbet af 2-3 uger.", 9, 1),
            ),
            (
                ("Bevæg nakken roligt i alle retninger hver time.", 8, 1),
                ("Løft skuldrene op mod ørerne, og slip dem igen.", 9, 1),
                ("Gentag øvelsen kl. 10 og kl. 14.", 5, 1),
            ),
            (
                ("Tag evt. 1 g paracetamol, højst fire gange i døgnet.", 9, 1),
                ("Spørg dr. Prøve eller apoteket, hvis du får anden medicin.", 10, 2),
            ),
            (("Søg læge, hvis armen bliver svag, eller hvis du får feber.", 11, 0),),
        ),
    ),
    Counted(
        "a worn knee, with a list",
        (
            (
                ("Slidgigt i knæet udvikler sig langsomt over mange år.", 9, 3),
                ("Brusken bliver tyndere, og leddet mister noget af sin stødabsorbering.", 10, 3),
                ("Træning er den behandling, der hjælper flest.", 7, 3),
            ),
            (("Et godt program har tre dele:", 6, 1),),
            (("styrketræning for lår og balder", 5, 1),),
            (("balanceøvelser på ét ben", 4, 1),),
            (("gåture, cykling eller svømning", 4, 2),),
            (
                ("Regn med 8–12 uger, før forskellen mærkes tydeligt.", 7, 2),
                ("Stop ikke, fordi knæet er ømt dagen efter.", 8, 0),
                ("Hold dig under 5 på smerteskalaen, så er belastningen passende.", 9, 3),
            ),
        ),
    ),
    Counted(
        "an official letter",
        (
            (
                (
                    (
                        "Patienter med længerevarende rygsmerter henvises til tværfaglig undersøgelse, når konservativ "
                        "behandling gennem mindst tre måneder ikke har medført tilstrækkelig bedring."
                    ),
                    20,
                    12,
                ),
                ("Undersøgelsen omfatter anamnese, neurologisk vurdering og eventuelt billeddiagnostik.", 8, 7),
            ),
            (
                (
                    (
                        "Efterfølgende udarbejdes en individuel genoptræningsplan i samarbejde med patienten og de "
                        "pårørende."
                    ),
                    12,
                    7,
                ),
                ("Planen evalueres hver sjette uge, og målsætningen justeres efter behov.", 10, 3),
            ),
            (
                ("Bivirkninger er sjældne; forbigående muskelømhed forekommer hyppigt.", 7, 6),
                ("Ved mistanke om cauda equina-syndrom kontaktes neurokirurgisk afdeling omgående.", 9, 6),
            ),
        ),
    ),
    Counted(
        "what others say",
        (
            (
                ("Hvad siger andre?", 3, 0),
                ("»Jeg troede, at min ryg var ødelagt,« fortæller Ida Eksempel på 62 år.", 12, 3),
                ("»I dag løfter jeg mit barnebarn hver søndag!«", 8, 1),
            ),
            (
                ("Hun begyndte den 3. maj 2025 på holdet i Aarhus C.", 9, 1),
                ("De første uger var hårde … men så vendte det.", 9, 0),
            ),
            (
                ("Hendes råd er enkelt:", 4, 0),
                ("Begynd småt, og giv ikke op.", 6, 0),
                ("Det vigtigste er ifølge hende, at øvelserne bliver en vane.", 10, 2),
            ),
        ),
    ),
)
