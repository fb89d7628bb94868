#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the training and the held-out text of the sample model.

Short prose about one invented valley. Everything random comes from one seed. Some things hold in every text (which river
runs past which town, what a baker makes, what rain does to a hay cart), some only inside one text (who lost what, how
many coins are left): a model needs its weights for the first and its attention for the second, so both kinds of damage
done by quantization show up in perplexity.

    generate_text.py FOLDER     writes FOLDER/train.txt and FOLDER/heldout.txt
"""
import random
import re
import sys
from pathlib import Path

SEED = 20261123
TRAIN_BYTES = 14_000_000
HELD_OUT_BYTES = 56_000

GIRLS = "Ada Bera Clio Dora Edda Fenna Greta Hilda Ines Jora Kaia Lotte Mara Nell Olga Petra Runa Sylvi Tessa Ula Vera Wilma".split()
BOYS = "Anton Bram Carl Denis Emil Falk Gregor Henk Ivo Jonas Klaas Lars Milo Nils Oskar Pavel Ruben Stefan Tom Udo Viktor Willem".split()
TOWNS = ("Aldermoor Brackwater Cindervale Dunholm Eastferry Fallowfield Greenhithe Harrowgate Ironbeck Juniper Kestrel Longmead "
         "Millbrook Northwick Oakhaven Pinecross Quarrytown Ravensford Saltmarsh Thornbury Underhill Vinery Westerlow Yarrow").split()
RIVERS = "Ashe Brindle Corran Dove Ember Fleet".split()
GOODS = "wool|salt|glass|honey|timber|clay pots|linen|cheese|iron nails|apples|candles|rope".split("|")
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen").split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()

# who: (what they make or do, the tool, where they work)
TRADES = {
    "baker": ("bread", "oven", "bakery"), "smith": ("horseshoes", "hammer", "forge"), "weaver": ("cloth", "loom", "weaving shed"),
    "potter": ("bowls", "wheel", "pottery"), "carpenter": ("chairs", "saw", "workshop"), "tailor": ("coats", "needle", "shop"),
    "cobbler": ("boots", "awl", "little shop"), "miller": ("flour", "millstone", "mill"), "fisher": ("nets", "boat", "harbour"),
    "beekeeper": ("honey", "smoker", "garden"), "glazier": ("windows", "furnace", "glass house"), "cooper": ("barrels", "adze", "yard"),
}
# thing: (colours it may have, places where it hides)
THINGS = {
    "key": ("small|rusty|brass", "under the mat|in the lock|on the window sill"),
    "lantern": ("old|green|tin", "behind the door|in the barn|on the shelf"),
    "scarf": ("red|woollen|striped", "on the fence|under the bench|in the cart"),
    "book": ("thick|blue|torn", "under the pillow|on the table|beside the stove"),
    "kite": ("yellow|paper|large", "in the apple tree|on the roof|behind the shed"),
    "whistle": ("silver|wooden|tiny", "in the left pocket|in the grass|under the bridge"),
    "basket": ("round|willow|heavy", "in the cellar|by the well|on the cart"),
    "map": ("folded|old|painted", "inside the book|in the drawer|under the lamp"),
    "coat": ("grey|warm|long", "on the hook|in the attic|over the chair"),
    "cup": ("white|cracked|clay", "beside the well|on the shelf|under the bed"),
}
# cause: consequences in order
CHAINS = [
    ("it [rained|poured] all night", "the river rose", "the bridge was closed", "[everyone|all travellers] had to wait for the ferry"),
    ("the wind [broke|tore down] the mill sail", "the miller could grind no flour", "the baker had no bread", "people ate potatoes instead"),
    ("the frost came early", "the apples froze on the trees", "the cider was thin that year", "the inn sold more tea"),
    ("the chimney was blocked", "smoke filled the kitchen", "they opened every window", "the soup went cold"),
    ("a fox dug a hole under the fence", "the hens ran into the road", "the carts had to stop", "the whole street helped to catch them"),
    ("the summer was [hot and dry|dry and long]", "the well sank low", "water was carried from the river", "the gardens were watered only at night"),
    ("somebody left the gate open", "the goats walked into the garden", "they ate the young cabbages", "there was no soup on Sunday"),
    ("the snow lay deep", "the school stayed shut", "the children built a tower of snow", "it stood until the first warm day"),
    ("the clock in the tower stopped", "nobody knew the hour", "the market opened too late", "the fish was sold for half the price"),
    ("lightning struck the old oak", "a branch fell on the barn", "rain came through the roof", "the hay was moved to the church"),
    ("the ferry rope snapped", "the boat drifted downstream", "it ran onto a sandbank", "two horses pulled it free"),
    ("the bees swarmed in May", "the beekeeper needed a second hive", "the carpenter built one in a day", "there was twice as much honey in autumn"),
]
ANIMALS = {  # animal: (legs, where it lives, what it eats, what it does)
    "heron": (2, "by the river", "fish", "stands very still"), "fox": (4, "in the wood", "mice", "hunts at night"),
    "bee": (6, "in a hive", "nectar", "makes honey"), "goat": (4, "on the hill", "grass", "climbs on walls"),
    "owl": (2, "in the old barn", "mice", "sees in the dark"), "otter": (4, "in the river", "fish", "swims on its back"),
    "spider": (8, "under the roof", "flies", "spins a web"), "hare": (4, "in the field", "clover", "runs faster than a dog"),
    "swallow": (2, "under the eaves", "flies", "leaves in autumn"), "beetle": (6, "under the bark", "old wood", "wears a hard coat"),
    "mole": (4, "under the meadow", "worms", "digs long tunnels"), "stork": (2, "on the chimney", "frogs", "comes back in spring"),
}
DISHES = {
    "pea soup": ("peas|onions|a ham bone", "boil"), "apple cake": ("apples|flour|two eggs", "bake"), "barley bread": ("barley flour|salt|yeast", "bake"),
    "plum jam": ("plums|sugar|a little lemon", "boil"), "fish stew": ("perch|leeks|cream", "simmer"), "honey biscuits": ("honey|oats|butter", "bake"),
    "potato pie": ("potatoes|cheese|pepper", "bake"), "bean stew": ("beans|carrots|thyme", "simmer"),
}


def number_word(n):
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10 - 2] + ("-" + ONES[n % 10] if n % 10 else "")
    return ONES[n // 100] + " hundred" + (" and " + number_word(n % 100) if n % 100 else "")


def sentence(text):
    return text[0].upper() + text[1:]


class Valley:
    """The fixed facts: drawn once from the seed, the same in every text."""

    def __init__(self):
        rng = random.Random(SEED)
        goods, trades = GOODS * 2, list(TRADES) * 2
        rng.shuffle(goods)
        rng.shuffle(trades)
        self.facts = {}
        for i, town in enumerate(TOWNS):
            self.facts[town] = {
                "river": RIVERS[i % len(RIVERS)], "goods": goods[i], "trade": trades[i], "market": rng.choice(DAYS),
                "mayor": rng.choice(GIRLS + BOYS), "houses": rng.randrange(40, 400), "founded": rng.randrange(1210, 1790),
                "tower": rng.choice(["square", "round", "pointed", "leaning"]), "bridges": rng.randrange(1, 7),
                "next": TOWNS[(i + rng.randrange(1, 5)) % len(TOWNS)], "hours": rng.randrange(2, 9)}


class Writer:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.valley = Valley()
        self.kinds = [self.errand, self.errand, self.lost, self.lost, self.chain, self.chain, self.town, self.town, self.questions,
                      self.animal, self.riddle, self.recipe, self.journey, self.journey, self.letter, self.apprentice, self.apprentice,
                      self.sums, self.calendar, self.party, self.quarrel, self.quarrel]

    def document(self):
        return self.rng.choice(self.kinds)()

    # -- small helpers

    def say(self, text, **slots):
        """Fills {slots}, then replaces every [a|b|c], innermost first, by one of its parts."""
        text = text.format(**slots)
        while (count := text.count("[")):
            text = re.sub(r"\[([^\[\]]*)\]", lambda m: self.rng.choice(m[1].split("|")), text)
            assert text.count("[") < count, text
        return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)

    def pick(self, options):
        return self.rng.choice(options.split("|") if isinstance(options, str) else list(options))

    def person(self, *but):
        girl = self.rng.random() < 0.5
        name = self.pick([n for n in (GIRLS if girl else BOYS) if n not in but])
        he, him, his = ("she", "her", "her") if girl else ("he", "him", "his")
        return {"name": name, "he": he, "He": sentence(he), "him": him, "his": his}

    def thing(self):
        name = self.pick(THINGS)
        looks, places = THINGS[name]
        return name, f"{self.pick(looks)} {name}", places.split("|")

    # -- kinds of texts

    def errand(self):
        p, town = self.person(), self.pick(TOWNS)
        each, count = self.rng.randrange(2, 10), self.rng.randrange(2, 10)
        total, left = each * count, self.rng.randrange(1, 20)
        goods = self.pick("candles|eggs|ribbons|buns|nails|pears|buttons|pots|brushes|cups")
        reason = ("[because {his} [mother|aunt|neighbour] was ill|because the [shelf|cupboard] was empty|because guests were coming"
                  "|before the shops closed|although it was [late|cold|raining]]")
        text = self.say("{name} had {have} coins in {his} [purse|pocket|bag]. {He} [went|walked|hurried] to the market in {town} " + reason +
                        ". [There {he}|At the third stall {he}] [bought|chose|asked for] {count} {goods} at {each} coins each. ",
                        **p, have=number_word(total + left), town=town, count=number_word(count), goods=goods, each=number_word(each))
        text += self.say("That [made|came to] {total} coins, so {he} had {left} {coins} left. ",
                         **p, total=number_word(total), left=number_word(left), coins="coin" if left == 1 else "coins")
        if left > 8:
            text += self.say("With the rest {he} [bought a cake for {his} [brother|sister]|paid the ferryman and rode home|saved for a new [coat|lantern|saddle]].", **p)
        elif left > 3:
            text += self.say("It was enough for [a cup of tea|a warm bun], and {he} [sat down by the well|rested on the church steps].", **p)
        else:
            text += self.say("It was too little for the [ferry|coach], so {he} had to walk home.", **p)
        return text

    def lost(self):
        p, q = self.person(), None
        q = self.person(p["name"])
        name, full, places = self.thing()
        self.rng.shuffle(places)
        seen, found = places[0], places[1]
        emotion = self.pick("sad|angry|worried")
        text = self.say("[On {day} morning|One [cold|bright|windy] morning|Just before supper] {name} could not find {his} {full}. ",
                        **p, full=full, day=self.pick(DAYS))
        text += self.say("{He} was {emotion}, because [it had belonged to {his} [grandmother|grandfather|uncle]|{he} needed it [that day|at once]|it was a gift from {friend}]. ",
                         **p, emotion=emotion, friend=q["name"])
        text += self.say("First {he} looked {seen}, but [there was nothing|it was not there|{he} found only [dust|a spoon|a old shoe]]. ", **p, seen=seen)
        text += self.say('"[Have you seen|Do you know where I put] my {thing}?" {he} asked {friend}. "[Think|Remember]," said {friend}. "[Where were you|What did you do] [yesterday|last night]?" ',
                         **p, thing=name, friend=q["name"])
        text += self.say("Then {name} [remembered|ran back|went to look] and [found|saw] the {thing} {found}. ", **p, thing=name, found=found)
        relief = {"sad": "happy", "angry": "calm", "worried": "glad"}[emotion]
        return text + self.say("Now {he} was {relief} again, and {he} [thanked|hugged|shared an apple with] {friend}.", **p, relief=relief, friend=q["name"])

    def chain(self):
        steps = self.pick(CHAINS)
        town = self.pick(TOWNS)
        start = self.say("[In {month}|One [spring|autumn|year]|Long ago|Last week]", month=self.pick(MONTHS))
        a, b, c, d = (self.say(step) for step in steps)
        text = f"{start} {a} in {town}. "
        text += self.pick([f"Because {a}, {b}. Because {b}, {c}. ", f"So {b}. Then {c}. ", f"That is why {b}, and soon {c}. "])
        text += self.pick([f"In the end {d}.", f"{sentence(d)}.", f"And so {d}."])
        if self.rng.random() < 0.5:
            p = self.person()
            text += self.say(' "[Why was it|How did it happen] that {d}?" asked {name}. "It began when {a}," said [the old ferryman|{mayor}].',
                             **p, a=a, d=d, mayor=self.valley.facts[town]["mayor"])
        return text

    def town_sentences(self, town):
        f = self.valley.facts[town]
        return [
            self.say("{town} lies [on|beside] the river {river}.", town=town, **f),
            self.say("[It is known|People know it] for its {goods}.", **f),
            self.say("The market is held every {market}.", **f),
            self.say("[The mayor is called|Its mayor is] {mayor}.", **f),
            self.say("There are {n} houses and {b} {bridge}.", n=f["houses"], b=number_word(f["bridges"]), bridge="bridge" if f["bridges"] == 1 else "bridges"),
            self.say("It was founded in the year {founded}.", **f),
            self.say("The church has a {tower} tower.", **f),
            self.say("The best {trade} in the valley [lives|works] there and makes {product}.", product=TRADES[f["trade"]][0], **f),
            self.say("From there it is {h} hours on foot to {next}.", h=number_word(f["hours"]), **f)]

    def town(self):
        town = self.pick(TOWNS)
        first, *rest = self.town_sentences(town)
        chosen = sorted(self.rng.sample(range(len(rest)), self.rng.randrange(3, 7)))
        return " ".join([first] + [rest[i] for i in chosen])

    def questions(self):
        town = self.pick(TOWNS)
        f = self.valley.facts[town]
        pairs = [("Which river runs past {town}?", "The {river}."), ("What is {town} known for?", "For its {goods}."),
                 ("When is the market in {town}?", "On {market}."), ("Who is the mayor of {town}?", "{mayor}."),
                 ("When was {town} founded?", "In {founded}."), ("What does the tower of {town} look like?", "It is {tower}."),
                 ("Where can you walk from {town}?", "To {next}, in {h} hours."), ("How many houses has {town}?", "It has {houses}.")]
        lines = [f"Question: {q}\nAnswer: {a}" for q, a in self.rng.sample(pairs, self.rng.randrange(2, 5))]
        return "\n".join(lines).format(town=town, h=number_word(f["hours"]), **f)

    def animal(self):
        name = self.pick(ANIMALS)
        legs, lives, eats, does = ANIMALS[name]
        other = self.pick([a for a in ANIMALS if a != name])
        o = ANIMALS[other]
        text = self.say("The {name} lives {lives}. It has {legs} legs, eats {eats} and {does}. ", name=name, legs=number_word(legs), lives=lives, eats=eats, does=does)
        if o[0] == legs:
            return text + self.say("The {other} has {legs} legs too, but it lives {lives}.", other=other, legs=number_word(legs), lives=o[1])
        more = "more" if o[0] > legs else "fewer"
        return text + self.say("The {other} has {legs} legs, {d} {more} than the {name}.", other=other, legs=number_word(o[0]), d=number_word(abs(o[0] - legs)), more=more, name=name)

    def riddle(self):
        name = self.pick(ANIMALS)
        legs, lives, eats, does = ANIMALS[name]
        p = self.person()
        clues = self.rng.sample([f"It lives {lives}", f"It has {number_word(legs)} legs", f"It eats {eats}", f"It {does}"], 4)
        return self.say('"[Guess|Tell me] which animal I [mean|saw]," said {name}. "{a}. {b}. {c}. {d}." "[That is|It must be] the {animal}!" [cried|said] {friend}.',
                        name=p["name"], friend=self.person(p["name"])["name"], a=clues[0], b=clues[1], c=clues[2], d=clues[3], animal=name)

    def recipe(self):
        dish = self.pick(DISHES)
        parts, heat = DISHES[dish]
        a, b, c = parts.split("|")
        minutes, people = self.rng.randrange(2, 13) * 5, self.rng.randrange(2, 9)
        verb = {"boil": "Boil it", "bake": "Bake it", "simmer": "Let it simmer"}[heat]
        where = {"boil": "in a large pot", "bake": "in a hot oven", "simmer": "over a small fire"}[heat]
        return self.say("How to make {dish} for {people}. Take {a}, {b} and {c}. [Wash|Clean] your hands [first|before you begin]. "
                        "[Mix|Stir] everything [well|slowly] with a [wooden|clean] spoon. {verb} {where} for {minutes} minutes. "
                        "[Do not open the lid too early|Taste it before you serve it|Wait until it smells good], "
                        "[or it will be spoiled|then add a pinch of salt|and keep the fire even]. Serve {dish} [hot|warm|with tea].",
                        dish=dish, people=number_word(people), a=a, b=b, c=c, verb=verb, where=where, minutes=minutes)

    def journey(self):
        p, start = self.person(), self.pick(TOWNS)
        f = self.valley.facts[start]
        goal = f["next"]
        leave = self.rng.randrange(5, 12)
        arrive = leave + f["hours"]
        hour = lambda h: f"{number_word((h - 1) % 12 + 1)} o'clock" + (" in the morning" if h < 12 else " at noon" if h == 12 else " in the afternoon" if h < 18 else " in the evening")
        text = self.say("{name} left {start} at {leave} [to visit {his} [aunt|cousin|friend]|to sell {goods}|to see the {tower} tower] in {goal}. ",
                        **p, start=start, leave=hour(leave), goods=f["goods"], goal=goal, tower=self.valley.facts[goal]["tower"])
        text += self.say("The way takes {h} hours on foot, so {he} arrived at {arrive}. ", **p, h=number_word(f["hours"]), arrive=hour(arrive))
        event = self.pick(["a wheel broke|a cart", "a dog barked|a farm", "a child waved|a window", "an owl called|the wood", "a man sang|the ferry"]).split("|")
        text += self.say("[On the way|After two hours|Near the end] {he} passed {place}, where {event}. ", **p, place=event[1], event=event[0])
        g = self.valley.facts[goal]
        return text + self.say("In {goal} {he} [looked at the river {river}|slept at the inn by the river {river}|asked for {mayor}, the mayor|bought some {goods}, for which {goal} is known].",
                               **p, goal=goal, river=g["river"], mayor=g["mayor"], goods=g["goods"])

    def letter(self):
        p = self.person()
        q = self.person(p["name"])
        town, day = self.pick(TOWNS), self.rng.randrange(7)
        f = self.valley.facts[town]
        wait = self.rng.randrange(1, 6)
        return self.say("Dear {to},\n[thank you for|I was glad about] your letter. I am now in {town} on the {river}, and [the people are kind|the air is good|I work for the {trade}]. "
                        "Today is {day}. In {wait} {unit} I [leave|travel on], so I shall be with you on {then}. Please [keep my {thing} for me|feed the [cat|hens|goat]|tell {other} about it].\n"
                        "Your {relation}, {name}",
                        to=q["name"], town=town, river=f["river"], trade=f["trade"], day=DAYS[day], wait=number_word(wait), unit="day" if wait == 1 else "days",
                        then=DAYS[(day + wait) % 7], thing=self.thing()[1], other=self.person(p["name"], q["name"])["name"], name=p["name"],
                        relation=("sister" if p["he"] == "she" else "brother") if self.rng.random() < 0.5 else "friend")

    def apprentice(self):
        p, trade = self.person(), self.pick(TRADES)
        makes, tool, place = TRADES[trade]
        master = self.person(p["name"])
        first, more = self.rng.randrange(2, 8), self.rng.randrange(1, 5)
        text = self.say("{name} [wanted to become|learned to be] a {trade}. {He} worked in the {place} of {master}, who made the [best|finest] {makes} in {town}. ",
                        **p, trade=trade, place=place, master=master["name"], makes=makes, town=self.pick(TOWNS))
        text += self.say('"A good {trade} [looks after|takes care of] the {tool}," said {master}. ', trade=trade, tool=tool, master=master["name"])
        if self.rng.random() < 0.5:
            text += self.say("But {name} was [tired|careless|in a hurry], and the {tool} broke. {master} was not angry. {m} showed {him} how to [mend|repair] it, and it took {n} hours. ",
                             **p, tool=tool, master=master["name"], m=master["He"], n=number_word(first))
            return text + self.say("From then on {name} [was careful|worked slowly], and the {tool} never broke again.", **p, tool=tool)
        text += self.say("In the first year {name} finished {a} pieces, in the second {b} more. ", **p, a=number_word(first), b=number_word(more))
        return text + self.say("That made {sum} in all, and {master} was [proud|pleased].", sum=number_word(first + more), master=master["name"])

    def sums(self):
        lines = []
        for _ in range(self.rng.randrange(3, 7)):
            a, b = self.rng.randrange(1, 40), self.rng.randrange(1, 20)
            kind = self.rng.randrange(4)
            if kind == 0:
                lines.append(f"{sentence(number_word(a))} and {number_word(b)} make {number_word(a + b)}.")
            elif kind == 1:
                lines.append(f"{a + b} minus {b} is {a}.")
            elif kind == 2:
                a, b = a % 10 + 1, b % 10 + 1
                lines.append(f"{sentence(number_word(a))} times {number_word(b)} is {number_word(a * b)}.")
            else:
                lines.append(f"{a} plus {b} is {a + b}.")
        return " ".join(lines)

    def calendar(self):
        d, m = self.rng.randrange(7), self.rng.randrange(12)
        parts = [f"After {DAYS[d]} comes {DAYS[(d + 1) % 7]}.", f"Before {DAYS[d]} comes {DAYS[(d + 6) % 7]}.",
                 f"After {MONTHS[m]} comes {MONTHS[(m + 1) % 12]}.", f"{MONTHS[m]} is month number {m + 1}.",
                 f"Two days after {DAYS[d]} it is {DAYS[(d + 2) % 7]}."]
        season = ["winter", "winter", "spring", "spring", "spring", "summer", "summer", "summer", "autumn", "autumn", "autumn", "winter"][m]
        parts.append(f"{MONTHS[m]} belongs to {season}.")
        return " ".join(self.rng.sample(parts, self.rng.randrange(3, 6)))

    def party(self):
        p = self.person()
        q = self.person(p["name"])
        r = self.person(p["name"], q["name"])
        age, dish = self.rng.randrange(6, 70), self.pick(DISHES)
        full = self.thing()[1]
        return self.say("{name} became {age} years old on {day}. A year before {he} had been {before}. {q} brought a {full}, and {r} [cooked|made|carried in] {dish}. "
                        "[They sang until midnight|They danced in the yard|They told old stories], and [when the lamp went out|when the moon rose] {name} said: "
                        '"[Next year|In one year] I shall be {after}, and [we will meet again|you must come again]." {q} [gave {him} the {full} and laughed|wrapped the {full} in paper]. {r} washed the plates.',
                        **p, q=q["name"], r=r["name"], age=number_word(age), before=number_word(age - 1), after=number_word(age + 1), day=self.pick(DAYS), full=full, dish=dish)

    def quarrel(self):
        p = self.person()
        q = self.person(p["name"])
        thing, full, _ = self.thing()
        judge = self.pick(TRADES)
        town = self.pick(TOWNS)
        mayor = self.valley.facts[town]["mayor"]
        owner, other = (p, q) if self.rng.random() < 0.5 else (q, p)
        proof = self.pick("a scratch on the side|two letters under the edge|a burnt corner|a drop of green paint")
        text = self.say("{a} and {b} both wanted the {full}. \"It is mine,\" said {a}. \"No, [mine|it belongs to me],\" said {b}. ", a=p["name"], b=q["name"], full=full)
        text += self.say("They went to the {judge}, but the {judge} [did not know|only laughed|was busy]. So they asked {mayor}, the mayor of {town}. ", judge=judge, mayor=mayor, town=town)
        text += self.say("\"[What is special about it|How can you know it]?\" asked {mayor}. {a} said nothing. \"It has {proof},\" said {b}. ",
                         mayor=mayor, a=other["name"], b=owner["name"], proof=proof)
        text += self.say("The mayor [turned it over|held it to the light] and saw {proof}. So {a} got the {thing}, ", proof=proof, a=owner["name"], thing=thing)
        return text + self.say("and {b} [was ashamed|said sorry|went home alone]. [Later they became friends|After a week they were friends again|{a} lent it to {b} on Sundays].",
                               a=owner["name"], b=other["name"])


def write(path, seed, size, known=()):
    writer, documents, length = Writer(seed), [], 0
    while length < size:
        text = writer.document()
        if text not in known:
            documents.append(text)
            length += len(text) + 2
    path.write_text("\n\n".join(documents) + "\n", encoding="utf-8")
    return set(documents)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    train = write(folder / "train.txt", SEED + 1, TRAIN_BYTES)
    write(folder / "heldout.txt", SEED + 2, HELD_OUT_BYTES, known=train)


if __name__ == "__main__":
    main()
