"""Made-up names of places and owners, and neutral sentences for free text. No person is named anywhere."""

from __future__ import annotations

MUNICIPALITY_CODE = "9901"
MUNICIPALITY_NAME = "Solvinge kommun"

PRESCHOOL_PLACES = (
    "Blåbäret", "Ekorren", "Vitsippan", "Kotten", "Lingonet", "Solgläntan", "Myrstigen", "Måsen", "Hallonet",
    "Ringblomman", "Snäckan", "Fjärilen", "Videt", "Smultronet", "Domherren", "Tranan", "Nyckelpigan", "Lyktan",
    "Rävlyan", "Murgrönan", "Regnbågen", "Klövervallen", "Igelkotten", "Humlan", "Lönnen", "Skogsbrynet",
    "Trollsländan", "Vågen", "Sädesärlan", "Kastanjen", "Gläntan",
)  # fmt: skip
SCHOOL_PLACES = (
    "Tallbacken", "Granliden", "Kvarnängen", "Stenhagen", "Norrgården", "Lövdungen", "Björkhagen", "Åkersnäs",
    "Älvängen", "Hasselbo", "Utsikten", "Ösängen", "Lyckebo", "Sjöbris", "Källtorp",
)  # fmt: skip

PRESCHOOL_TYPES = ("forskola", "pedagogisk_omsorg")
SUFFIX = {
    "forskola": "{place} förskola",
    "grundskola": "{place} skola",
    "fritidshem": "{place} fritidshem",
    "anpassad_grundskola": "{place} anpassade grundskola",
    "pedagogisk_omsorg": "{place} pedagogiska omsorg",
}

UNSAFE_SENTENCES = (
    "Det är stökigt i korridoren på rasterna.",
    "Jag skulle vilja att det fanns fler vuxna ute.",
    "Det är trångt och högljutt i omklädningsrummet.",
    "Det händer att andra skojar på ett sätt som inte är roligt.",
    "Jag blir orolig när det är vikarier och ingen vet vad som gäller.",
    "Det är mörkt på vägen till skolan på vintern.",
    "Det känns bättre nu än förra året.",
    "Vi behöver tydligare regler som gäller alla.",
)

GUARDIAN_SENTENCES = (
    "Vi önskar mer information om vad barnen gör om dagarna.",
    "Det har varit många vikarier under hösten.",
    "Fler pedagoger ute på gården skulle göra skillnad.",
    "Hämtningen är ofta stressig, ett kort samtal räcker långt.",
    "Mindre grupper, framför allt på eftermiddagen.",
    "Inskolningen var bra men uppföljningen saknades.",
    "Vi skulle vilja veta hur ni arbetar när barn hamnar i konflikt.",
)


def unit_name(unit_type: str, number: int) -> str:
    """Return the name of the unit with this number (from 0) among those of its type.

    After-school centres and adapted schools bear the name of the school they lie beside. Beyond the list the names go
    round with a numeral.
    """
    places = PRESCHOOL_PLACES if unit_type in PRESCHOOL_TYPES else SCHOOL_PLACES
    first = len(PRESCHOOL_PLACES) - 4 if unit_type == "pedagogisk_omsorg" else 0
    turn, position = divmod(first + number, len(places))
    place = places[position]
    genitive = place if place.endswith("s") else f"{place}s"
    return SUFFIX[unit_type].format(place=genitive) + (f" {turn + 1}" if turn else "")
