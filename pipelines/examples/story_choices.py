#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A multiple-choice set from stories of story_grammar.py: which sentence comes next?

A sentence that repeats a fact of the story so far (a colour, a name, a hiding place, a number …) is the
right choice; the three wrong ones are the same sentence with another fact of that kind: one of them, except among names,
is a fact that the story tells of something else, where there is one.

usage: story_choices.py STORIES.txt QUESTIONS > out.jsonl
"""
import json
import random
import re
import sys

import story_grammar as g

KINDS = {
    "colour": g.COLOURS,
    "name": g.GIRLS + g.BOYS,
    "hiding place": [f"{near} {place}" for near, place in g.HIDING],
    "number": g.NUMS,
    "food": g.FOODS,
    "fruit": g.FRUITS,
    "animal": [animal for animal, _, _ in g.ANIMALS],
    "family": g.FAMILY_F + g.FAMILY_M,
}


def found(words, text):
    return [w for w in words if re.search(r"\b" + w + r"\b", text)]


def sentences(story):
    return re.findall(r'\S.*?[.!?]"?(?= [A-Z"]|$)', story.replace("\n", " "))


def question(r, story):
    parts = sentences(story)
    candidates = []
    for i in range(3, len(parts)):
        context = " ".join(parts[:i])
        if len(context) > 420 or not 20 <= len(parts[i]) <= 90:
            continue
        for kind, words in KINDS.items():
            here = found(words, parts[i])
            if parts[i].count('"') % 2 == 0 and len(here) == 1 and found([here[0].split()[-1]], context):
                candidates.append((kind, i, here[0]))
    if not candidates:
        return None
    kinds = {c[0] for c in candidates}
    kind = r.choice(sorted(kinds - {"colour"}) or ["colour"])      # too hard for a model of 1.2 M to ask often
    kind, i, fact = r.choice([c for c in candidates if c[0] == kind])
    context = " ".join(parts[:i])
    told = [w for w in KINDS[kind] if w != fact and found([w.split()[-1]], context)]
    others = [w for w in KINDS[kind] if w != fact and w not in told]
    if kind == "name":                         # both friends might be meant: none of the story's
        told, others = [], [w for w in others if (w in g.GIRLS) == (fact in g.GIRLS)]
    wrong = r.sample(told, min(1, len(told)))
    wrong += r.sample(others, 3 - len(wrong))
    gold = r.randrange(4)
    facts = wrong[:gold] + [fact] + wrong[gold:]
    choices = [re.sub(r"\b" + fact + r"\b", f, parts[i]) for f in facts]
    for a in "aeiou":
        choices = [re.sub(r"\b([Aa]) (" + a + ")", r"\1n \2", c) for c in choices]
    choices = [re.sub(r"\b([Aa])n ([^aeiou])", r"\1 \2", c) for c in choices]
    return {"story": context, "endings": choices, "answer": gold, "about": kind}


def main():
    r = random.Random(4004)
    with open(sys.argv[1], encoding="utf-8") as file:
        stories = file.read().split("\n\n")
    count = 0
    for story in stories:
        q = question(r, story.strip()) if count < int(sys.argv[2]) else None
        if q:
            print(json.dumps(q))
            count += 1


if __name__ == "__main__":
    main()
