"""Holds the JSON that the program writes against the schemas in docs/schema, strictly: a key that a
schema doesn't name is wrong, although readers must tolerate it. See scripts/check-json."""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCHEMAS = ROOT / "docs" / "schema"
# A document of ours at the beginning of a line, whatever stands around it.
BEGIN = re.compile(r'^\{\s*"schema":\s*"pgsessions/', re.MULTILINE)
COMMITTED = [
    "Tests/CorpusTests/Cases/*.out.json",
    "Tests/RenderingTests/Golden/*.json*",
    "docs/*.md",
    "README.md",
]


class Torn(Exception):
    """A document that has no end."""


def strict(schema, home, schemas):
    """The schema with what it refers to and the parts of allOf in their places, which validates
    many times faster, and with every object closed. None of ours refers to itself.

    home: the document that the schema is in, where `#` begins."""
    if isinstance(schema, list):
        return [strict(part, home, schemas) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = schema.get("allOf", []) + ([schema] if "$ref" in schema else [])
    left_out = ("allOf", "$ref", "$defs")
    whole = {key: strict(part, home, schemas) for key, part in schema.items() if key not in left_out}
    for part in parts:
        identifier, _, pointer = part["$ref"].partition("#")
        there = schemas[identifier or home]
        part = there
        for step in pointer.split("/")[1:]:
            part = part[step]
        part = strict(part, there["$id"], schemas)
        if "properties" in part:
            whole["properties"] = {**part["properties"], **whole.get("properties", {})}
            whole["required"] = part.get("required", []) + whole.get("required", [])
        whole = {**part, **whole}
    if whole.get("type") == "object" and "properties" in whole:
        whole["additionalProperties"] = False
    return whole


def validators():
    """A validator for each word that `schema` may have in a document."""
    schemas = {}
    for path in sorted(SCHEMAS.glob("*.schema.json")):
        schema = json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        schemas[schema["$id"]] = schema
    return {
        identifier.removeprefix("urn:").replace(":", "/"): jsonschema.Draft202012Validator(
            strict(schema, identifier, schemas)
        )
        for identifier, schema in schemas.items()
        if not identifier.startswith("urn:pgsessions:parts:")
    }


def once(members):
    """An object, of which no key comes twice."""
    twice = [key for key, count in collections.Counter(k for k, _ in members).items() if count > 1]
    if twice:
        raise ValueError(f"has the key {twice[0]} twice")
    return dict(members)


def no_number(text):
    raise ValueError(f"has {text}, which is no JSON")


DECODER = json.JSONDecoder(object_pairs_hook=once, parse_constant=no_number)


def documents(text):
    """The texts of the documents in a text, and where one is torn `Torn` in its place."""
    place = 0
    while begin := BEGIN.search(text, place):
        try:
            _, place = json.JSONDecoder().raw_decode(text, begin.start())
            yield text[begin.start() : place]
        except json.JSONDecodeError:
            place = begin.end()
            yield Torn(text[begin.start() : begin.start() + 100])


def problem(text, checkers):
    """What is wrong with the text of a document; None where nothing is."""
    try:
        text.encode()
        document = DECODER.decode(text)
    except ValueError as error:
        return str(error)
    name = document.get("schema")
    if not isinstance(name, str) or name not in checkers:
        return f"there is no schema for {name}"
    if checkers[name].is_valid(document):
        return None
    error = jsonschema.exceptions.best_match(checkers[name].iter_errors(document))
    return f"{error.json_path}: {error.message[:300]}"


def kind(text):
    return re.match(r'\{\s*"schema":\s*"([^"]*)"', text)[1]


def gathered(folder):
    """Each distinct document with where it was first found, and how many were found and torn."""
    found, torn, counts = {}, [], collections.Counter()
    sources = []
    for path in sorted(pathlib.Path(folder).iterdir()) if folder else []:
        origin, _, text = path.read_text(errors="surrogateescape").partition("\n")
        sources.append((origin, text, path.suffix == ".torn"))
    for pattern in COMMITTED:
        for path in sorted(ROOT.glob(pattern)):
            sources.append((str(path.relative_to(ROOT)), path.read_text(), False))
    for origin, text, may_be_torn in sources:
        for document in documents(text):
            if isinstance(document, Torn):
                counts["torn"] += 1
                if not may_be_torn:
                    torn.append(f"{origin}: has no end: {document}")
                continue
            counts[kind(document)] += 1
            found.setdefault(document, origin)
    return found, torn, counts


def written_by_sources():
    """What the program can write, by its source."""
    sources = (path.read_text() for path in (ROOT / "Sources").rglob("*.swift"))
    return {word for source in sources for word in re.findall(r'"(pgsessions/\w+/\d+)"', source)}


CHECKERS = None


def problems(texts):
    """For a process of its own: what is wrong with each of the texts."""
    global CHECKERS
    CHECKERS = CHECKERS or validators()
    return [problem(text, CHECKERS) for text in texts]


def check(folder, wants_all):
    """Prints what was validated and what is wrong; the exit status."""
    found, wrong, counts = gathered(folder)
    # The long ones first, and a few at a time, so that both cores end at once.
    texts = sorted(found, key=len, reverse=True)
    chunks = [texts[start : start + 8] for start in range(0, len(texts), 8)]
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        for chunk, answers in zip(chunks, pool.map(problems, chunks)):
            for text, answer in zip(chunk, answers):
                if answer:
                    wrong.append(f"{found[text]}: {kind(text)}, {answer}")
    distinct = collections.Counter(map(kind, found))
    for name in sorted(set(distinct) | (written_by_sources() if wants_all else set())):
        print(f"check-json: {counts[name]} documents of {name}, {distinct[name]} distinct")
        if not distinct[name]:
            wrong.append(f"no document of {name} was produced")
    if counts["torn"]:
        print(f"check-json: {counts['torn']} torn ones, in logs and of what was killed")
    for line in wrong[:20]:
        print(f"check-json: {line}")
    if wrong:
        print(f"check-json: failed, {len(wrong)} are wrong")
        return 1
    print(f"check-json: {len(found)} documents are valid")
    return 0


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--all"]
    sys.exit(check(arguments[0] if arguments else None, "--all" in sys.argv))
