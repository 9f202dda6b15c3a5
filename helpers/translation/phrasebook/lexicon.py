"""The phrasebook's words: Spanish beside the English that each stands for, a few lines a kind."""

from collections.abc import Iterator

from helpers.translation.phrasebook.inflection import (
    Adjective,
    Noun,
    Verb,
    compared,
    conjugated,
    english_plural,
    pluralised,
)


def _nouns(listing: str) -> tuple[Noun, ...]:
    """Read lines "kinds: gato cat m, ..."; a leading * marks a noun used in the singular only."""
    found = []
    for kinds, entry in _entries(listing):
        spanish, english, gender = entry.split()
        alone = spanish.startswith("*") or "mass" in kinds
        spanish = spanish.lstrip("*")
        many = (spanish, english) if alone else (pluralised(spanish), english_plural(english))
        forms = (spanish, many[0]), (english, many[1])
        found.append(Noun(*forms, gender, frozenset(kinds.split()), takes_el=spanish == "agua"))
    return tuple(found)


def _entries(listing: str) -> Iterator[tuple[str, str]]:
    """What stands before the colon of a line, with each of the entries after it."""
    for line in listing.strip().splitlines():
        kinds, entries = line.split(":")
        yield from ((kinds.strip(), entry) for entry in entries.split(","))


# "Padres" are parents, "abuelos" grandparents, "tíos" aunts and uncles: those four stay in the singular.
NOUNS = _nouns("""
    person kin: *padre father m, *madre mother f, hermano brother m, hermana sister f, hija daughter f
    person kin: *hijo son m, *abuelo grandfather m, *abuela grandmother f, *tío uncle m, *tía aunt f, prima cousin f
    person known: amigo friend m, vecino neighbour m, profesora teacher f, médico doctor m
    animal: gato cat m, perro dog m, caballo horse m, pájaro bird m, vaca cow f, oveja sheep f
    animal: tortuga turtle f, conejo rabbit m, gallina hen f, ratón mouse m, pato duck m, cabra goat f
    food: manzana apple f, naranja orange f, huevo egg m, pastel cake m, plátano banana m
    food: tomate tomato m, galleta biscuit f, ensalada salad f
    food mass: pan bread m, queso cheese m, sopa soup f, arroz rice m
    drink mass: leche milk f, café coffee m, agua water f, té tea m
    thing: coche car m, libro book m, silla chair f, mesa table f, flor flower f, barco boat m
    thing: reloj clock m, llave key f, bicicleta bicycle f, guitarra guitar f, lámpara lamp f
    thing wear: sombrero hat m, camisa shirt f, vestido dress m, abrigo coat m
    place in: *cocina kitchen f
    place in outdoors: *jardín garden m, *parque park m
    place in outdoors home: *ciudad city f, *pueblo village m
    place in outdoors home shared: *bosque forest m
    place in home: *casa house f
    place at: *escuela school f
    place at shared: *mercado market m, *estación station f
    place on outdoors shared: *playa beach f
    place on outdoors home shared: *montaña mountain f, *isla island f
""")


def _adjectives(listing: str) -> tuple[Adjective, ...]:
    """Read lines "verb kinds: rápido fast, ...": short English words take -er and -est, others more and most."""
    found = []
    for goes_with, entry in _entries(listing):
        (verb, *kinds), (spanish, english) = goes_with.split(), entry.split()
        found.append(Adjective(spanish, compared(english), frozenset(kinds), verb))
    return tuple(found)


ADJECTIVES = _adjectives("""
    ser person animal thing place: pequeño small, grande big, viejo old, famoso famous
    ser animal thing place: bonito pretty, feo ugly
    ser person animal: joven young, fuerte strong, rápido fast, lento slow, perezoso lazy
    ser person animal: inteligente clever, curioso curious, simpático friendly
    ser person: alto tall, amable kind, rico rich
    estar person animal: cansado tired, triste sad, contento happy, tranquilo calm
    ser thing food: caro expensive, barato cheap
    ser thing animal: blanco white, negro black, gris grey
    ser thing: rojo red, azul blue, verde green, nuevo new
    ser wear: largo long, corto short, elegante elegant
    estar food drink: delicioso delicious, dulce sweet, frío cold, caliente hot
    estar thing place: limpio clean, sucio dirty
""")
COLOURS = frozenset({"blanco", "negro", "gris", "rojo", "azul", "verde"})
ABSOLUTE = COLOURS | {"delicioso"}  # neither very so, nor more so than another


def _verb(
    infinitive: str,
    english: str,
    kinds: str = "",
    *,
    stem: str = "",
    present: dict[str, str] | None = None,
    past: dict[str, str] | None = None,
    stative: bool = False,
    personal: bool = False,
) -> Verb:
    """Make a verb; english is "base third past", and what follows is the particle of all three."""
    base, third, before, *particle = english.split()
    english_forms = tuple(" ".join([form, *particle]) for form in (base, third, before))
    now, then = conjugated(infinitive, 0, stem) | (present or {}), conjugated(infinitive, 1) | (past or {})
    return Verb(infinitive, now, None if stative else then, english_forms, frozenset(kinds.split()), personal)


# The first person plural of the past is left out everywhere: of most verbs it is the present's.
LOVED = "person animal"
TRANSITIVE = (
    _verb(
        "tener",
        "have has had",
        "animal thing food drink",
        stem="tien",
        present={"1s": "tengo"},
        past={"1s": "tuve", "2s": "tuviste", "3s": "tuvo", "3p": "tuvieron"},
    ),
    _verb("comprar", "buy buys bought", "thing food drink animal"),
    _verb("vender", "sell sells sold", "thing food animal"),
    _verb("buscar", "look looks looked for", "thing food place", past={"1s": "busqué"}),
    _verb("mirar", "look looks looked at", "thing place"),
    _verb("encontrar", "find finds found", "thing food", stem="encuentr"),
    _verb("perder", "lose loses lost", "thing", stem="pierd"),
    _verb("pintar", "paint paints painted", "thing place"),
    _verb("necesitar", "need needs needed", "thing food drink"),
    _verb("llevar", "wear wears wore", "wear"),
    _verb("comer", "eat eats ate", "food"),
    _verb("beber", "drink drinks drank", "drink"),
    _verb("preparar", "prepare prepares prepared", "food drink"),
    _verb("querer", "love loves loved", LOVED, stem="quier", stative=True, personal=True),
    _verb("conocer", "know knows knew", "person", present={"1s": "conozco"}, stative=True, personal=True),
    _verb("visitar", "visit visits visited", "person", personal=True),
    _verb("ayudar", "help helps helped", LOVED, personal=True),
    _verb("ver", "see sees saw", LOVED, present={"1s": "veo"}, past={"1s": "vi", "3s": "vio"}, personal=True),
)
INTRANSITIVE = (
    _verb("dormir", "sleep sleeps slept", "animal", stem="duerm", past={"3s": "durmió", "3p": "durmieron"}),
    _verb("correr", "run runs ran", "animal"),
    _verb("nadar", "swim swims swam", "animal"),
    _verb("vivir", "live lives lived", "animal"),
    _verb("cantar", "sing sings sang"),
    _verb("bailar", "dance dances danced"),
    _verb("trabajar", "work works worked"),
    _verb("jugar", "play plays played", "animal", stem="jueg", past={"1s": "jugué"}),
)
BE = {
    "ser": {"1s": "soy", "2s": "eres", "3s": "es", "1p": "somos", "3p": "son"},
    "estar": {"1s": "estoy", "2s": "estás", "3s": "está", "1p": "estamos", "3p": "están"},
}
GO = {"1s": "voy", "2s": "vas", "3s": "va", "1p": "vamos", "3p": "van"}
