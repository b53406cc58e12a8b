"""What people of the demonstration write about their dialogues: analyses, minutes, measures. Nobody is named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeasureText:
    """A measure in words: for areas whose title holds one of ``themes``; without any it fits every area.

    ``schools`` or ``preschools`` leave out the other kind, whose days look different.
    """

    themes: tuple[str, ...]
    title: str
    cause: str
    owner: str
    effect: str
    schools: bool = True
    preschools: bool = True


MEASURES = (
    MeasureText(
        ("trygghet", "trivsel"),
        "Vuxna med tydliga platser på rasterna",
        "Det är oklart vem som är var när eleverna byter sal och går ut.",
        "Elevhälsoteamet och arbetslagen",
        "Fler svarar att de är trygga i nästa omgång, i alla årskurser.",
        preschools=False,
    ),
    MeasureText(
        ("trygghet", "trivsel", "nöjdhet"),
        "Samma rutin för lämning och hämtning på alla avdelningar",
        "Vårdnadshavare möter olika personer och får olika besked.",
        "Arbetslagen",
        "Fler vårdnadshavare säger att de får veta hur dagen har varit.",
        schools=False,
    ),
    MeasureText(
        ("inflytande",),
        "Eleverna väljer arbetssätt i ett ämnesområde per termin",
        "Vi frågar efter åsikter men visar sällan vad de ledde till.",
        "Ämneslagen",
        "Fler ser att det de säger märks; frågan följs upp på klassråden i maj.",
        preschools=False,
    ),
    MeasureText(
        ("studiero",),
        "Gemensam start och gemensamt avslut på varje lektion",
        "Rutinerna skiljer sig mellan klassrummen och lektionerna börjar olika.",
        "Biträdande rektor med arbetslagen",
        "Lugnare lektionsstarter vid våra egna besök före sommaren.",
        preschools=False,
    ),
    MeasureText(
        ("stimulans", "utmaning", "lärande", "förväntningar"),
        "Kollegiala lektionsbesök med fokus på utmaning",
        "Uppgifterna är ofta desamma för alla, och några blir snabbt klara.",
        "Förstelärarna",
        "Fler säger att de utmanas, och färre att det är för lätt.",
        preschools=False,
    ),
    MeasureText(
        ("stöd", "återkoppling", "mål"),
        "Kort avstämning med varje elev var tredje vecka",
        "Återkopplingen kommer sent och handlar mest om det som redan är gjort.",
        "Mentorerna",
        "Fler vet hur det går och vad som är nästa steg.",
        preschools=False,
    ),
    MeasureText(
        ("trygghet", "trivsel", "relationer"),
        "Smågrupper ute och inne varje förmiddag",
        "Det blir många barn på samma plats, och de tystaste syns minst.",
        "Arbetslagen",
        "Fler barn säger att de har någon att leka med i nästa omgång.",
        schools=False,
    ),
    MeasureText(
        ("inflytande",),
        "Barnen väljer en stund om dagen vad gruppen ska göra",
        "Vi frågar barnen men hinner sällan göra som de har sagt.",
        "Arbetslagen",
        "Fler barn säger att de får vara med och bestämma.",
        schools=False,
    ),
    MeasureText(
        ("lärande", "stimulans", "utveckling"),
        "Ett gemensamt projekt per termin som barnen dokumenterar",
        "Aktiviteterna är många men hänger inte ihop.",
        "Arbetslagen med pedagogisk handledare",
        "Fler barn berättar vad de har lärt sig, och fler vårdnadshavare känner till det.",
        schools=False,
    ),
    MeasureText(
        ("motivation", "ledarskap", "styrning", "kvalitetsarbete", "förutsättningar"),
        "Fast tid för planering i arbetslaget varje vecka",
        "Planeringstiden får ofta ge vika för vikariat.",
        "Rektor",
        "Fler i personalen säger att målen är tydliga och följs upp.",
    ),
    MeasureText(
        (),
        "Resultatet gås igenom i alla grupper",
        "Vi har inte tidigare pratat med barn och elever om vad de har svarat.",
        "Arbetslagen",
        "Alla grupper har talat om resultatet och gett minst ett förslag.",
    ),
)
ANALYSES = (
    (
        "Mycket står sig sedan förra året. {Area} är det som vi talar mest om hos oss.",
        "Vi har haft flera nya i personalen, och rutinerna har inte satt sig.",
        "Vi vill tala om hur vi kan arbeta med {area} i hela verksamheten, och vad vi kan sluta med.",
    ),
    (
        "Svaren skiljer sig mellan grupperna mer än mellan åren. Svarsfrekvensen är högre än sist.",
        "Det som fungerar i en grupp har vi inte gjort till något gemensamt.",
        "Hur sprider vi det som fungerar? Vi vill ha hjälp att följa upp {area} under våren.",
    ),
    (
        "Personalen och de som går hos oss ser {area} på olika sätt.",
        "Vi tror att vi mäter vår avsikt, medan de svarar på hur det blev.",
        "Vi vill gå igenom frågorna tillsammans och välja högst två saker att pröva.",
    ),
)
MINUTES = (
    (
        "Vi gick igenom resultaten och enhetens egen analys. Mycket fungerar och ska behållas.\n\n"
        "{Area} är det område som enheten vill arbeta med. Vi talade om tänkbara orsaker och vad som har prövats.\n\n"
        "Enheten och Pedagogcentrum är överens om åtgärderna nedan. Vi följer upp dem före sommaren."
    ),
    (
        "Samtalet utgick från det som skiljer grupperna åt, inte från enskilda siffror.\n\n"
        "Pedagogcentrum bidrar med stöd i uppföljningen av {area}. Enheten prövar få saker och gör dem färdigt."
    ),
    (
        "Vi jämförde vad olika grupper har svarat på det som rör {area}.\n\n"
        "Förra årets åtgärder gav lärdomar: tydligare ansvar och kortare tid till uppföljning."
    ),
)
NOTES = (
    "Vi är i gång. Två arbetslag har börjat, resten följer i mars.",
    "Genomfört i alla grupper. Vi fortsätter med det.",
    "Försenat på grund av vikariat. Ny planering är gjord.",
)
EARLIER_DONE = "Genomfört under våren. Vi ser i höstens svar om det har märkts."
EARLIER_GOING = "Delvis genomfört; fortsätter i höst."


def measure_for(area: str, number: int, *, preschool: bool = False) -> MeasureText:
    """Return a measure that fits an area of this title at this kind of unit; ``number`` chooses among several."""
    here = [one for one in MEASURES if (one.preschools if preschool else one.schools)]
    fitting = [one for one in here if any(theme in area.casefold() for theme in one.themes)]
    return fitting[number % len(fitting)] if fitting else MEASURES[-1]
