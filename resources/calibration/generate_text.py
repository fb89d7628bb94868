#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the neutral calibration text: prose of several kinds, dialogue, instructions, code, numbers, other languages.

Every sentence is ours: passages below, and templates filled with words from lists. usage: generate_text.py > neutral.txt
"""
import random

rng = random.Random(20261128)
pick = rng.choice

NAMES = ["Mara", "Tobias", "Ines", "Yusuf", "Clara", "Henrik", "Amina", "Pavel", "Rosa", "Daniel", "Noor", "Elias", "Keiko", "Samuel", "Leila", "Viktor"]
PLACES = ["the harbour", "the old library", "a bakery on Mill Street", "the railway station", "a workshop behind the church", "the botanical garden",
          "a small hospital", "the post office", "the ferry landing", "the school by the river", "an orchard above the village", "the observatory"]
TOWNS = ["Harlow", "Veldheim", "Port Sorrel", "Kestrel Bay", "Ostrava Nova", "Lindmoor", "Santa Brisa", "Eastmere", "Tolven", "Graycliff"]
WEATHER = ["It had rained since noon, and the gutters were loud", "The morning was so clear that the islands seemed within reach", "Fog lay over the fields like wool",
           "A dry wind came down from the hills", "Snow had fallen in the night, the first of the year", "The heat made the tar on the road soft"]
THINGS = ["a letter without a stamp", "a brass key", "a box of seed packets", "an unfinished map", "a cracked violin", "a notebook full of tide tables",
          "a clock that ran backwards", "a jar of buttons", "a photograph of a bridge", "a bill that nobody had paid"]
FEELINGS = ["more relieved than she admitted", "tired but curious", "certain that something had been forgotten", "angry with nobody in particular", "unexpectedly cheerful",
            "as calm as the water in the basin", "ashamed of the question", "proud, and a little afraid"]


def story():
    a, b = rng.sample(NAMES, 2)
    place, thing = pick(PLACES), pick(THINGS)
    lines = [
        f"{pick(WEATHER)}, when {a} came to {place} with {thing} under one arm.",
        pick([f"Nobody had expected a visitor, least of all {b}, who was sorting receipts by the window.",
              f"{b} looked up, put down the pencil, and waited without a word.",
              f"There was only {b}, asleep on a chair, and the clock on the wall was ten minutes slow."]),
        pick([f'"You are late," said {b}. "I know," said {a}, "but I had to walk the last part."',
              f'"Is that what I think it is?" asked {b}. {a} nodded and closed the door.',
              f'"Before you say anything," {a} began, "let me explain how I came by it."']),
        pick(["They had not spoken since the summer, and both of them remembered exactly why.",
              "What followed took less than an hour, although each of them later told it as if it had lasted all night.",
              "Outside, a cart went by; somebody laughed; then it was quiet again."]),
        pick([f"In the end {a} was {pick(FEELINGS)}, and left the way people leave who mean to come back.",
              f"If {b} had asked one more question, everything might have gone differently.",
              f"The next day {thing} lay on the table as if it had always belonged there."]),
    ]
    return " ".join(lines)


def report():
    town = pick(TOWNS)
    year = rng.randint(1962, 2024)
    share = rng.randint(2, 48)
    money = rng.randint(3, 940)
    lines = [
        pick([f"{town}. The town council decided on {pick(['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'])} to spend {money} million on {pick(['a new water main', 'the repair of the north bridge', 'two schools', 'cycle lanes', 'flood walls'])}.",
              f"{town}. Exports rose by {share} per cent in {year}, the statistical office said, the largest increase since {year - rng.randint(3, 20)}.",
              f"{town}. After {rng.randint(3, 30)} days without power, the last {rng.randint(2, 90)},{rng.randint(100, 999)} households were connected again over the weekend."]),
        pick([f'"The figures are better than we feared, but they are not good," said {pick(NAMES)} {pick(["Aldous", "Brandt", "Chaudhry", "Okafor", "Lindqvist", "Marchetti"])}, who chairs the committee.',
              "Critics called the plan hasty; supporters pointed out that it had been discussed for nine years.",
              "Nobody was hurt, according to the fire service, which is still looking for the cause."]),
        pick([f"A decision is expected before the end of {pick(['March', 'June', 'September', 'November'])}; until then the old rules apply.",
              f"Of the {rng.randint(11, 99)} members present, {rng.randint(6, 10)} abstained.",
              f"The work is to begin in spring and to take {rng.choice(['eighteen months', 'two years', 'until the autumn of the following year'])}."]),
    ]
    return " ".join(lines)


ESSAYS = [
    "A river does not flow in a straight line for long. Where the bank is soft, the water cuts into it; where the current is slow, it lets its sand fall. So a small bend becomes a large one, until in some flood the river breaks through the neck of the loop and leaves a lake shaped like a horseshoe behind. Whoever builds beside a river should therefore ask not where it is, but where it has been.",
    "Bread is flour, water, salt and time. Yeast eats the sugars that enzymes make from starch and gives off gas; gluten, a net of proteins, keeps the gas in. Kneading helps the net to form, but so does patience: a wet dough that is folded three times in the course of a night will rise as well as one that was worked for a quarter of an hour. The crust is brown because sugars and amino acids react with each other above about 140 degrees Celsius.",
    "The price of a thing tells at least two stories. One is about what it cost to make: material, wages, rent, the risk of not selling it. The other is about what somebody is willing to give up for it, which depends on what else there is to be had. Where both stories agree, trade is quiet. Where they do not, there are queues, or warehouses full of goods that nobody wants.",
    "Sound needs something to travel through. In air at room temperature it covers roughly 343 metres in a second, in water more than four times as much, in steel some fifteen times. That is why an ear laid on a rail hears a train long before it can be heard in the air, and why a thunderstorm can be measured with a watch: three seconds between lightning and thunder are about a kilometre.",
    "An argument is valid when its conclusion follows from its premises, whether or not they are true. It is sound when they are true as well. Many disputes last so long because one side attacks the premises while the other defends the inference. It helps to write both down, one sentence per line, and to ask of every line: who says so, and what would show that it is wrong?",
    "Leaves are green because chlorophyll absorbs red and blue light and leaves the rest. In autumn the tree takes the pigment apart and stores what it can use again; the yellow that was there all the time becomes visible. Red is different: some trees make it on purpose, late in the year, perhaps as a shade for the machinery that is being dismantled, perhaps as a warning to insects. The question is not settled.",
    "To measure is to compare, and every comparison has an error. A good instrument does not remove the error; it tells you how large it is. Two lengths that differ by a millimetre are the same for a carpenter and worlds apart for somebody who grinds lenses. When a result is given without an uncertainty, one may suspect that nobody has asked how it would have come out on another day.",
    "Maps lie by leaving out. A map at the scale of one to one would be useless, as big as the land itself; so the maker decides what a traveller needs. Roads are drawn wider than they are, names stand where there is room for them, and a village of three houses can be larger on paper than a forest. The art lies in lying in such a way that people still arrive.",
    "In the first years of printing, every workshop cut its own letters. A page had to be read backwards and upside down by the person who set it, and it was washed and taken apart when the sheets were dry, because there was never enough type for a whole book. Mistakes were corrected while the press was running. No two copies of such a book are quite the same, and scholars still argue about which of them is the right one.",
    "A vaccine shows the body something that looks like a germ and cannot do what the germ does. Cells that recognise it multiply, and some of them stay for years. When the real thing arrives, the answer takes days instead of weeks. If enough people in a town are protected, a disease finds no way from one susceptible person to the next, and those who cannot be vaccinated are safe too.",
    "Nobody knows how many languages have been lost. A language without writing leaves no trace except in names: of rivers, which are old, and of hills, which are older. Linguists compare the languages that are left as one compares the hands of relatives, and conclude from what they share what their ancestor must have had. The method is careful and slow, and beyond eight or ten thousand years it sees nothing at all.",
    "Concrete does not dry, it cures. Water becomes part of the crystals that grow between the grains of sand and gravel, which is why a bridge pier can harden under water, and why fresh concrete is kept wet in summer. It carries pressure well and tension badly; the steel inside it takes the tension. After a hundred years or so the steel begins to rust from the air that has crept in, and then the whole thing has to be made again.",
]

DIALOGUES = [
    ("A", "B", ["Have you got a minute? The printer says it is out of paper, but it isn't.", "Did you close the second tray? It only counts what is in there.",
                "I didn't know there was a second tray.", "Nobody does. Push until it clicks.", "It clicked. Now it wants magenta.", "Then it is working as designed."]),
    ("Customer", "Clerk", ["I'd like to send this to Norway, please.", "Letter or parcel?", "It is a book, so... a parcel?", "Under two kilograms it can go as a large letter. That's 7.40 instead of 16.90.",
                           "How long will it take?", "Four to six working days. With a tracking number it costs 2.50 more.", "Without, please. I trust the Norwegians."]),
    ("Student", "Teacher", ["Why can't you divide by zero?", "What would the answer have to be? Say six divided by zero.", "Infinity?", "Then infinity times zero would have to be six. And also five, because five divided by zero would be infinity as well.",
                            "So it isn't forbidden, it just doesn't mean anything?", "That's a better way to put it than the one in the book."]),
    ("Doctor", "Patient", ["How long have you had the cough?", "Two weeks, maybe three. It's worse at night.", "Any fever? Are you short of breath when you climb stairs?", "No fever. The stairs are fine, it's the lying down.",
                           "Take a deep breath for me. Once more. I hear nothing that worries me; let us wait another week, and come at once if there is blood.", "And the tea my aunt recommends?", "It does no harm, as far as we know, and it makes your aunt happy."]),
]

STEPS = [
    ("How to repot a plant", ["Water it the day before, so that the roots let go of the old pot.", "Choose a pot two fingers wider than the old one; it must have a hole.", "Cover the hole with a shard, then put in a handful of soil.",
                              "Lift the plant out by its root ball, never by the stem.", "Fill up with soil to two centimetres under the rim and press lightly.", "Water, and keep it out of the sun for a week."]),
    ("Changing a bicycle tube", ["Turn the bicycle upside down and open the quick release.", "Let out the rest of the air; push the bead of the tyre to the middle of the rim.", "Lever one side of the tyre over the rim, starting opposite the valve.",
                                 "Run a finger along the inside of the tyre: what made the hole may still be there.", "Put a little air into the new tube before it goes in.", "Work the tyre back with your thumbs. If you need a lever now, you will need another tube as well."]),
    ("Lentil soup for four", ["250 g brown lentils, 1 onion, 2 carrots, 1 stick of celery, 2 tbsp oil, 1 tsp cumin, 1.2 l water, salt, 1 lemon", "Chop the vegetables and let them soften in the oil for eight minutes.",
                              "Add cumin and lentils, stir for a minute, pour in the water.", "Simmer for 30 to 35 minutes; salt only at the end.", "Crush a third of it with a fork, add lemon juice, and serve with bread."]),
    ("If the program does not start", ["Open a terminal and run it from there: what it prints is usually more useful than the window.", "Check the version with --version; everything before 2.3 needs the old configuration file.",
                                       "Rename the folder ~/.config/example and try again. If it starts now, the settings were damaged.", "Look for \"permission denied\" in the output and for a disk that is full (df -h).",
                                       "Write down the exact message before you ask for help. \"It does not work\" is where everybody starts from."]),
]

CODE = [
'''def moving_average(values, window):
    """Means of all stretches of `window` values, in one pass."""
    if window <= 0 or window > len(values):
        raise ValueError(f"window of {window} for {len(values)} values")
    total = sum(values[:window])
    means = [total / window]
    for old, new in zip(values, values[window:]):
        total += new - old
        means.append(total / window)
    return means


if __name__ == "__main__":
    print(moving_average([3, 1, 4, 1, 5, 9, 2, 6], 3))
''',
'''#include <algorithm>
#include <cstdint>
#include <vector>

// Index of the first element that is not less than value; size() when there is none.
template <typename T> std::size_t lowerBound(const std::vector<T>& sorted, const T& value)
{
    std::size_t low = 0, high = sorted.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (sorted[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
''',
'''SELECT c.name, COUNT(o.id) AS orders, SUM(o.total) AS revenue
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.id AND o.created_at >= '2023-01-01'
WHERE c.country IN ('NO', 'DK', 'SE')
GROUP BY c.name
HAVING SUM(o.total) > 1000
ORDER BY revenue DESC
LIMIT 20;
''',
'''#!/bin/sh
# Keeps the last seven backups of a folder.
set -eu
source="$1"; target="$2"
name="backup-$(date +%Y-%m-%d).tar.gz"
tar -C "$source" -czf "$target/.$name" . && mv "$target/.$name" "$target/$name"
ls -1t "$target"/backup-*.tar.gz | tail -n +8 | while read -r old; do
    rm -- "$old"
done
''',
'''{
  "name": "weather-station",
  "interval": 300,
  "sensors": [
    {"id": 1, "kind": "temperature", "unit": "C", "offset": -0.4},
    {"id": 2, "kind": "humidity", "unit": "%", "offset": 0},
    {"id": 3, "kind": "pressure", "unit": "hPa", "offset": 1.25, "isCalibrated": true}
  ],
  "upload": {"url": "https://example.org/api/v2/readings", "retries": 3, "token": null}
}
''',
'''async function loadPage(url, { signal, retries = 2 } = {}) {
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetch(url, { signal });
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
      return await response.json();
    } catch (error) {
      if (signal?.aborted || attempt >= retries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt));
    }
  }
}
''',
'''<!DOCTYPE html>
<html lang="en">
  <head><meta charset="utf-8"><title>Opening hours</title></head>
  <body>
    <h1>Opening hours</h1>
    <table class="hours">
      <tr><th>Monday</th><td>9:00&ndash;17:30</td></tr>
      <tr><th>Saturday</th><td>10:00&ndash;14:00</td></tr>
      <tr><th>Sunday</th><td>closed</td></tr>
    </table>
    <p>Questions? Write to <a href="mailto:info@example.org">info@example.org</a>.</p>
  </body>
</html>
''',
'''use std::collections::HashMap;

/// How often each word occurs, most frequent first.
fn word_counts(text: &str) -> Vec<(String, usize)> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        *counts.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    sorted
}
''',
r'''The roots of $ax^2 + bx + c = 0$ with $a \neq 0$ are
\[ x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}. \]
If $b^2 \gg 4ac$, compute the root of larger magnitude first and obtain the other from $x_1 x_2 = c/a$;
otherwise the subtraction cancels most of the digits.
''',
]

LANGUAGES = [
    "Am Morgen war der See so still, dass man das Ruder des Fischers bis ans andere Ufer hörte. Später kam Wind auf, und die Segel, die eben noch schlaff gehangen hatten, füllten sich eines nach dem anderen. Wer im Büro saß, ärgerte sich; wer frei hatte, holte das Boot aus dem Schuppen. „Morgen soll es regnen“, sagte die Wirtin, und natürlich behielt sie recht.",
    "Die Wohnung hat drei Zimmer, Küche und Bad, liegt im vierten Stock ohne Aufzug und kostet 780 Euro im Monat, Nebenkosten nicht eingerechnet. Besichtigung nur nach Vereinbarung. Haustiere sind nach Rücksprache möglich.",
    "Le marché s'installe avant l'aube. On décharge les caisses, on plaisante, on boit un café debout; à sept heures, tout est en place. Les premières clientes savent ce qu'elles veulent et ne le disent pas tout de suite. « Vos tomates étaient meilleures la semaine dernière. » — « C'est que, la semaine dernière, il avait fait plus chaud, madame. »",
    "El tren de las ocho llegó con cuarenta minutos de retraso. Nadie protestó: en aquel andén, la espera formaba parte del viaje. Un niño contaba las vías, dos mujeres compartían una naranja, y el jefe de estación, que lo sabía todo, leía el periódico de ayer. ¿Qué más se podía pedir un martes de marzo?",
    "La nonna diceva che il sugo va ascoltato. Se borbotta troppo forte, il fuoco è alto; se tace, si è offeso. Noi bambini ridevamo, ma intanto imparavamo ad aspettare. Oggi preparo lo stesso sugo in un'altra città, e quando è pronto lo sento prima ancora di assaggiarlo.",
    "A chuva começou depois do almoço e só parou à noite. As crianças fizeram barcos de papel; o meu avô, que tinha sido marinheiro, explicava-lhes as correntes da rua. Um dos barcos chegou até à esquina e nunca mais foi visto.",
    "De brug gaat om kwart over vier open voor de beroepsvaart. Wie dan met de fiets naar het station moet, kan beter tien minuten eerder vertrekken of omrijden langs de molen. Het waait er altijd, en meestal van voren.",
    "Зимой дни короткие, и почту привозят уже в темноте. Почтальон ставит лыжи у крыльца, стряхивает снег и долго ищет в сумке письмо, хотя знает, что оно лежит сверху. «Пишут вам издалека», — говорит он каждый раз и не уходит, пока не нальют чаю.",
    "Zimą sklep otwierano dopiero o dziewiątej, ale światło paliło się już od szóstej. Właścicielka liczyła wtedy pieniądze, karmiła kota i słuchała radia. Kto zapukał w szybę, dostawał świeżą bułkę i wiadomości z całej okolicy.",
    "春天来得很早。河边的柳树已经发芽，孩子们在草地上放风筝，老人坐在桥头下棋。卖豆腐的人每天早上六点经过这条街，他的铃声比闹钟还准。",
    "駅前の小さな本屋は、雨の日によく混む。店主は客の顔を見て、探している本をだいたい当てることができるという。今日は外れた。私が探していたのは本ではなく、傘だったからだ。",
    "아침마다 할머니는 마당을 쓸고 나서 차를 끓이셨다. 물이 끓는 동안 라디오에서는 날씨 소식이 흘러나왔고, 고양이는 늘 같은 자리에 앉아 있었다. 그 소리가 나에게는 하루의 시작이었다.",
    "في الصباح يفتح البائع دكانه قبل شروق الشمس، ويرتب الفاكهة كما لو كانت تذهب إلى احتفال. يعرف أسماء الزبائن جميعاً، ويعرف أيضاً من يدفع غداً. وعندما يهدأ السوق يجلس أمام الباب ويشرب الشاي.",
    "Köyün tek fırını gece ikide yanar. Sabah ekmek almaya giden çocuklar, yolda sıcak somunun ucunu koparır; evde herkes bunu bilir ve kimse bir şey söylemez.",
    "गाँव के बाहर एक पुराना कुआँ है। लोग कहते हैं कि उसका पानी गर्मियों में भी ठंडा रहता है। शाम को बच्चे वहाँ खेलते हैं और बूढ़े लोग पुरानी कहानियाँ सुनाते हैं।",
]

QUESTIONS = [
    ("What is the difference between weather and climate?", "Weather is what happens today; climate is the statistics of the weather over decades. One cold winter says little about the climate, just as one lucky throw says little about a die."),
    ("Can I freeze cooked rice?", "Yes. Cool it quickly, within an hour, and put it into flat bags. Reheat it only once and until it is steaming hot, because spores of some bacteria survive the first cooking."),
    ("How do I find out whether a number is divisible by 11?", "Add its digits with alternating signs. If the result is divisible by 11 (zero included), so is the number. For 918,082: 9 - 1 + 8 - 0 + 8 - 2 = 22, so it is."),
    ("Who owns the photographs I take at work?", "That depends on your contract and on the country. Often the employer may use them while you remain the author. Ask before you publish, and get the answer in writing."),
    ("Why does my screen look yellow in the evening?", "Many systems reduce the blue part of the light after sunset. You can switch it off in the display settings, usually under \"night light\" or \"colour temperature\"."),
    ("What does idempotent mean?", "Doing it twice is the same as doing it once. Pressing the button for the lift is idempotent; ordering a pizza is not."),
]

REVIEWS = [
    "Three stars. The room was clean and the breakfast good, but the walls are thin: we now know a great deal about the family in number 14.",
    "I have used this kettle every day for two years. The lid sticks, the cable is too short, and I would buy it again because it pours without dripping.",
    "The second half is better than the first, which is rare. Whoever survives the chapter about taxation will be rewarded with the best description of a thunderstorm that I have read in years.",
    "Arrived broken, was replaced within three days without questions. That is all one can ask for.",
    "A concert for people who like silence: eleven minutes of it, all told, and every one of them well chosen.",
]


def letter():
    a, b = rng.sample(NAMES, 2)
    return "\n".join([
        f"Dear {a},", "",
        pick(["thank you for the parcel, which arrived on Tuesday, a little wet but complete.", "I am sorry that I write only now; the last weeks were full of work and of visitors.",
              "you asked for news, so here is some, although not all of it is good."]) + " "
        + pick([f"We have moved to {pick(TOWNS)}, where the rent is lower and the bus less frequent.", f"My sister has taken over the shop, and sales are up by {rng.randint(3, 30)} per cent.",
                f"The garden has given us {rng.randint(12, 80)} kilograms of plums, so expect jam."]) + " "
        + pick(["Please tell me soon whether you can come in August.", "Could you send the recipe again? The dog ate the first one.", "If the weather holds, we shall walk along the coast on Sunday."]), "",
        f"{pick(['Yours', 'With love', 'Best wishes', 'Kind regards'])},", b])


def table():
    rows = ["date;station;temperature;rain_mm;wind_kmh"]
    day = rng.randint(1, 20)
    for offset in range(rng.randint(6, 9)):
        rows.append(f"2023-{rng.choice(['02', '05', '08', '11'])}-{day + offset:02d};{pick(TOWNS)};{rng.uniform(-9, 33):.1f};{max(0, rng.gauss(2, 4)):.1f};{rng.randint(0, 88)}")
    return "\n".join(rows)


def exercise():
    a, b, c = rng.randint(12, 98), rng.randint(3, 19), rng.randint(2, 9)
    kind = rng.randint(0, 2)
    if kind == 0:
        return f"{pick(NAMES)} buys {b} notebooks at {c}.50 each and pays with a note of {100 if b * (c + 0.5) <= 100 else 200}. The notebooks cost {b} x {c}.50 = {b * (c + 0.5):.2f}, so {(100 if b * (c + 0.5) <= 100 else 200) - b * (c + 0.5):.2f} come back."
    if kind == 1:
        return f"A tank holds {a * 10} litres and loses {c} litres an hour. After {b} hours it has lost {b * c} litres, and {a * 10 - b * c} are left if it was full. It would be empty after {a * 10 / c:.1f} hours."
    return f"{a} x {b} = {a * b}; {a} + {b} = {a + b}; {a} - {b} = {a - b}; {a} / {b} = {a / b:.4f}; {a}^2 = {a * a}; the square root of {a} is about {a ** 0.5:.3f}."


def notice():
    return pick([
        f"NOTICE: On {rng.randint(1, 28)} {pick(['April', 'July', 'October'])} the water will be turned off from 8:00 to {rng.randint(11, 16)}:00. Please keep a bucket ready. Questions: tel. 0{rng.randint(100, 999)} {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)}.",
        f"LOST: grey cat, white paws, answers to \"{pick(NAMES)}\" or not at all. Last seen near {pick(PLACES)}. Reward: {rng.randint(2, 9)}0 and a cake.",
        f"Version {rng.randint(1, 4)}.{rng.randint(0, 12)}.{rng.randint(0, 9)} ({rng.randint(2019, 2024)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}): fixes a crash when the list is empty (#{rng.randint(100, 4999)}); the export is {rng.randint(2, 9)} times faster; the option --legacy is gone.",
        f"Meeting of {rng.randint(2, 27)} {pick(['May', 'September', 'December'])}. Present: {', '.join(rng.sample(NAMES, 4))}. 1. The minutes of the last meeting are approved. 2. The roof leaks again; {pick(NAMES)} asks for offers. 3. The key to the cellar is still missing. Next meeting in {rng.randint(2, 6)} weeks.",
    ])


def main():
    parts = []
    for _ in range(46):
        parts.append(story())
    for _ in range(30):
        parts.append(report())
    for _ in range(18):
        parts.append(letter())
    for _ in range(16):
        parts.append(notice())
    for _ in range(16):
        parts.append(exercise())
    for _ in range(6):
        parts.append(table())
    parts += ESSAYS + REVIEWS + LANGUAGES
    parts += [code.rstrip("\n") for code in CODE]
    parts += ["Q: " + question + "\nA: " + answer for question, answer in QUESTIONS]
    for first, second, lines in DIALOGUES:
        parts.append("\n".join(f"{(first, second)[index % 2]}: {line}" for index, line in enumerate(lines)))
    for title, lines in STEPS:
        parts.append(title + "\n" + "\n".join(f"{index + 1}. {line}" for index, line in enumerate(lines)))
    rng.shuffle(parts)
    print("\n\n".join(parts))


main()
