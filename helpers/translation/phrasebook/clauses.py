"""Clauses of the phrasebook: who does what, what is how and where, the weather, what somebody likes."""

from helpers.translation.phrasebook.conjugation import Doing, Tense, being, doing
from helpers.translation.phrasebook.degrees import state
from helpers.translation.phrasebook.grammar import NOTHING, Phrase, arranged, loosely, mark, said
from helpers.translation.phrasebook.inflection import Noun
from helpers.translation.phrasebook.lexicon import INTRANSITIVE, TRANSITIVE
from helpers.translation.phrasebook.speaker import (
    ANIMALS_DO,
    INDEFINITE,
    MASS,
    OBJECT,
    OWN,
    SUBJECT,
    Named,
    Speaker,
)

WHEN: dict[Tense, tuple[tuple[str, str], ...]] = {
    "present": (("cada día", "every day"), ("por la noche", "at night"), ("los domingos", "on sundays")),
    "past": (("ayer", "yesterday"), ("anoche", "last night")),
    "future": (("mañana", "tomorrow"), ("esta noche", "tonight")),
}
MAKES = {"present": ("hace", "is", "hoy", "today"), "past": ("hizo", "was", "ayer", "yesterday")}
SKY = (("frío", "cold"), ("calor", "hot"), ("viento", "windy"), ("sol", "sunny"))
FALL = (("llover", "lloviendo", "rain"), ("nevar", "nevando", "snow"))
TO_ME = {"1s": ("me", "i"), "2s": ("te", "you"), "1p": ("nos", "we")}


class Clauses(Speaker):
    """Draws whole clauses. Each method returns an open one; `clause` and `question` finish them."""

    def clause(self) -> Phrase:
        """A statement, denied now and then."""
        kinds = (self.acting, self.acting, self.moving, self.describing, self.describing, self.located)
        kinds += (self.liking, self.existing, self.weather)
        return self.settled(lambda: self.chance.choice(kinds)().finished())

    def question(self) -> Phrase:
        """A question, between its two marks."""
        kinds = (self.asked_act, self.asked_state, self.where, self.who, self.why)
        asked = self.settled(lambda: self.chance.choice(kinds)().finished())
        return arranged([said("¿", ""), asked, said("?", "?")])

    def subject(self, *kinds: str) -> Named:
        """A noun phrase, two people, or nobody at all: the verb's ending tells."""
        if "person" in kinds and self.often(0.25):
            person = self.chance.choice(("1s", "2s", "1p", "3p"))
            gender = self.chance.choice("mf") if person == "3p" else self.voice
            return Named(NOTHING, person, gender, frozenset({"person"}))
        first = self.named(self.noun(*kinds), SUBJECT)
        if "person" not in first.kinds or self.often(0.9):
            return first
        other = self.named(self.noun("person"), OWN, told=False)
        both = arranged([first.phrase, said("y", "and"), other.phrase])
        gender = "f" if first.gender == other.gender == "f" else "m"
        return Named(both, "3p", gender, first.kinds, "their")

    def acting(self) -> Phrase:
        """Say "ayer mi hermana compró un coche": the adverb leads in Spanish and ends the English."""
        subject = self.subject("person", "person", "animal")
        act, thing, tense = self.act(subject, denied=self.often(0.2))
        when = self.when(tense) if self.often(0.35) else NOTHING
        who = subject.phrase if subject.phrase.spanish else act.pronoun(subject.person)
        return arranged([when, who, act.spanish, thing], [who, act.helper, act.main, thing, when])

    def asked_act(self) -> Phrase:
        """Say "¿compró tu hermana un coche?", "did your sister buy a car?"."""
        subject = self.subject("person")
        act, thing, _ = self.act(subject, asked=True)
        who = subject.phrase if subject.phrase.spanish else act.pronoun(subject.person)
        return arranged([act.spanish, who, thing], [act.helper, who, act.main, thing])

    def act(self, subject: Named, denied: bool = False, asked: bool = False) -> tuple[Doing, Phrase, Tense]:
        """A verb with its object: the conjugated verb, the object, the tense."""
        verbs = [each for each in TRANSITIVE if "person" in subject.kinds or each.english[0] in ANIMALS_DO]
        verb = self.chance.choice(verbs)
        tense = self.chance.choice(("present", "present", "past", "future"))
        # "We bought" is often spelled like "we buy", and one does not love at a certain time.
        if not verb.past or (tense == "past" and subject.person == "1p"):
            tense = "present"
        act = doing(verb, subject.person, tense, denied, asked)
        noun = self.noun(*verb.kinds)
        fixed = verb.personal and not verb.past
        determiners = MASS if not noun.counts else (*OWN, "the") if fixed else OBJECT
        if subject.whose and "place" not in noun.kinds and self.often(0.25):
            determiners = (subject.whose,)
        thing = self.named(noun, determiners, denied=denied)
        to = loosely("a", "", act.mark) if verb.personal else NOTHING
        return act, arranged([to, thing.phrase]), tense

    def when(self, tense: Tense) -> Phrase:
        """Draw a time that goes with a tense."""
        return said(*self.chance.choice(WHEN[tense]))

    def moving(self) -> Phrase:
        """Say "los gatos duermen en la cocina"."""
        subject = self.subject("person", "animal")
        verb = self.chance.choice([each for each in INTRANSITIVE if "person" in subject.kinds or each.kinds])
        tense: Tense = self.chance.choice(("present", "past")) if subject.person != "1p" else "present"
        act = doing(verb, subject.person, tense, self.often(0.2))
        living = verb.infinitive == "vivir"
        where = self.place("home" if living else "place") if living or self.often(0.7) else NOTHING
        when = self.when(tense) if not living and self.often(0.3) else NOTHING
        who = subject.phrase if subject.phrase.spanish else act.pronoun(subject.person)
        return arranged([when, who, act.spanish, where], [who, act.helper, act.main, where, when])

    def describing(self) -> Phrase:
        """Say "mi gato es el mejor", "la sopa está fría", "es más rápido que tu perro"."""
        subject = self.subject("person", "animal", "food", "drink", "thing", "place")
        be, how = state(self, subject)
        who = subject.phrase if subject.phrase.spanish else be.pronoun(subject.person)
        return arranged([who, be.spanish, how], [who, be.helper, how])

    def asked_state(self) -> Phrase:
        """Say "¿está fría la sopa?", "is the soup cold?"."""
        subject = self.subject("animal", "food", "thing", "place")
        be, how = state(self, subject, plainly=True)
        return arranged([be.spanish, how, subject.phrase], [be.helper, subject.phrase, how])

    def located(self) -> Phrase:
        """Say "el perro está en el jardín"."""
        subject = self.subject("person", "animal", "thing")
        be = being("estar", subject.person, self.often(0.2))
        who = subject.phrase if subject.phrase.spanish else be.pronoun(subject.person)
        where = self.place()
        return arranged([who, be.spanish, where], [who, be.helper, where])

    def existing(self) -> Phrase:
        """Say "hay un gato en la cocina", and "no hay ningún gato", which denies twice where English does once."""
        denied = self.often(0.1)
        thing = self.named(self.noun("animal", "thing", "known"), ("no",) if denied else ("a", *INDEFINITE))
        no = loosely("no", "", *thing.phrase.spanish[0].sure) if denied else NOTHING
        hay, where = said("hay", "there are" if thing.plural else "there is"), self.place()
        return arranged([no, hay, thing.phrase, where], [hay, thing.phrase, where])

    def liking(self) -> Phrase:
        """Say "a mi hermana le gusta el queso", "my sister likes cheese": what is liked is the Spanish subject."""
        liked, generic = mark(), self.often(0.6)
        noun = self.noun("food", "drink", "animal", "thing")
        thing = self.generic(noun) if generic else self.named(noun, ("the", *OWN, "this"))
        no = said("no", "not") if self.often(0.25) else NOTHING
        if self.often(0.4):
            me, i = TO_ME[person := self.chance.choice(tuple(TO_ME))]
            to, who = NOTHING, said(me, i)
            pronoun = who
        else:
            liker = self.named(self.noun("person"), (*OWN, "the"))
            person, who = liker.person, liker.phrase
            to, pronoun = loosely("a", "", liked), loosely("les" if liker.plural else "le", "", liked)
        third = person == "3s" and not no.spanish
        gusta = said(
            "gustan" if thing.plural else "gusta", "likes" if third else "like", "like", sure=[liked]
        )
        does = loosely("", "does" if person == "3s" else "do", liked) if no.spanish else NOTHING
        spanish = [no, pronoun] if pronoun is who else [to, who, no, pronoun]
        return arranged([*spanish, gusta, thing.phrase], [who, does, no, gusta, thing.phrase])

    def generic(self, noun: Noun) -> Named:
        """All of a kind: "los gatos" is "cats", "el queso" is "cheese"; the article has no English word."""
        plural = noun.has_plural
        words = said(noun.spanish[plural], noun.english[plural], noun.english[0])
        article = self.determiner("the", noun, plural).spanish[0].text
        loose = loosely(article, "", *words.spanish[0].sure)
        return Named(arranged([loose, words]), "3p" if plural else "3s", noun.gender, noun.kinds)

    def weather(self) -> Phrase:
        """Say "hoy hace frío en la ciudad", "it is cold in the city today"."""
        where = self.place("outdoors") if self.often(0.6) else NOTHING
        if self.often(0.6):
            makes, is_or_was, *when = MAKES[self.chance.choice(("present", "past"))]
            sky, english = self.chance.choice(SKY)
            very = said("mucho", "very") if self.often(0.3) else NOTHING
            verb, how = said(makes, is_or_was), [very, said(sky, english, english)]
        else:
            infinitive, falling, rain = self.chance.choice(FALL)
            when = ["hoy", "today"] if self.often(0.5) else ["mañana", "tomorrow"]
            going = when[0] == "mañana"
            verb = said("va a", "is going to") if going else said("está", "is")
            how = [said(infinitive, rain, rain) if going else said(falling, rain + "ing", rain)]
        # The day is said unless "today" goes without saying.
        day = NOTHING if when[0] == "hoy" and self.often(0.3) else said(*when, when[1])
        it = loosely("", "it", *verb.spanish[0].sure)
        return arranged([day, verb, *how, where], [it, verb, *how, where, day])

    def where(self) -> Phrase:
        """Say "¿dónde está tu perro?"."""
        subject = self.subject("animal", "thing")
        be = being("estar", subject.person)
        asked = said("dónde", "where", "where")
        return arranged([asked, be.spanish, subject.phrase], [asked, be.helper, subject.phrase])

    def who(self) -> Phrase:
        """Say "¿quién compró el coche?"."""
        someone = Named(said("quién", "who", "who"), "3s", "m", frozenset({"person"}))
        act, thing, _ = self.act(someone)
        return arranged([someone.phrase, act.spanish, thing], [someone.phrase, act.helper, act.main, thing])

    def why(self) -> Phrase:
        """Say "¿por qué está fría la sopa?"."""
        subject = self.subject("animal", "food", "thing", "place")
        be, how = state(self, subject, plainly=True)
        asked = said("por qué", "why", "why")
        return arranged([asked, be.spanish, how, subject.phrase], [asked, be.helper, subject.phrase, how])
