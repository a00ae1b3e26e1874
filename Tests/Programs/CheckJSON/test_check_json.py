"""The check of the JSON must refuse what is broken: each committed document is broken in every
place, in each way that there is."""

import contextlib
import copy
import io
import json
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check_json
import jsonschema
import referencing

CHECKERS = check_json.validators()
REGISTRY = referencing.Registry().with_resources(
    (schema["$id"], referencing.Resource.from_contents(schema))
    for schema in (json.loads(path.read_text()) for path in check_json.SCHEMAS.glob("*.json"))
)
GOLDEN = check_json.ROOT / "Tests" / "RenderingTests" / "Golden"
CASES = check_json.ROOT / "Tests" / "CorpusTests" / "Cases"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
# What may be missing.
OPTIONAL = {"sessions", "query"}
# Words that are the program's own, and mean something to scripts.
CLOSED = {
    "schema", "event", "signal", "verdict", "kind", "basis", "result", "code", "severity", "format",
    "breaker",
}


def valid_documents():
    for name in ["audit.json", "audit-refused.json", "termination.json", "termination-refused.json"]:
        yield golden(name)
    for line in (GOLDEN / "log.jsonl").read_text().splitlines():
        yield json.loads(line)
    for name in ["heroku-restarted", "founding-case"]:
        case = json.loads((CASES / f"{name}.out.json").read_text())
        # For its roster or declarations; sessions are broken above.
        yield {**case, "sessions": [], "groups": []}
    yield DOCTOR
    yield FLEET


def golden(name):
    return shortened(json.loads((GOLDEN / name).read_text()))


def shortened(value):
    """With two elements of each list at most: the others are like them."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return [shortened(item) for item in value[:2]] if isinstance(value, list) else value


def doctor():
    """As the program has it, out of the parts of an audit."""
    audit = json.loads((GOLDEN / "audit.json").read_text())
    head = ["tool", "captured_at", "target", "judged_with", "coverage", "slots", "totals"]
    remedy = {"sql": ["SELECT 1;"], "settings": ["a"], "needs": None, "caution": None, "effect": "b"}
    finding = {
        "code": "slots", "severity": "ok", "summary": "a", "consequence": None, "remedies": [remedy],
    }
    setting = {"name": "max_connections", "value": "100", "source": "default"}
    return {
        "schema": "pgsessions/doctor/1",
        **{key: audit[key] for key in head},
        "settings": [setting],
        "findings": [finding],
        "failure": None,
    }


DOCTOR = doctor()
FLEET = {"schema": "pgsessions/fleet/1", "reports": [DOCTOR]}
AFTER = {"captured_at": DOCTOR["captured_at"], "slots": DOCTOR["slots"], "came_back": 0}


def is_free(path):
    """Whether the keys of the object at the path are Postgres's words."""
    return path[-1:] == ("states",)


def broken(document):
    """Copies of the document, each broken in one place, with what was done."""
    for path, value in places(document, ()):
        if path:
            for wrong in wrong_values(path, value):
                yield f"{path} is {wrong!r}", changed(document, path, wrong)
            removable = isinstance(path[-1], str) and path[-1] not in OPTIONAL
            if removable and not is_free(path[:-1]) and path[-2:-1] != ("key",):
                yield f"{path} is missing", changed(document, path)
        if isinstance(value, dict):
            name = path + ("no_such_key",)
            yield f"{name} is there", changed(document, name, "text")


def is_valid(document):
    checker = CHECKERS.get(str(document.get("schema")))
    return checker is not None and checker.is_valid(document)


def is_valid_to_readers(document):
    """By the schemas as they are in the files, which tolerate most new keys."""
    schema = {"$ref": "urn:" + document["schema"].replace("/", ":")}
    return jsonschema.Draft202012Validator(schema, registry=REGISTRY).is_valid(document)


def nonsense():
    """Documents whose every value may occur, though not in this place or beside these others. Each
    with what was done, and with the valid document that it was made of."""

    def wrong(document, *path_and_value):
        *path, value = path_and_value
        what = f"{'.'.join(map(str, path))} is {value!r}"
        yield what, changed(document, tuple(path), value), document

    audit, refused = golden("audit.json"), golden("audit-refused.json")
    termination, refused_termination = golden("termination.json"), golden("termination-refused.json")
    begin, intent, *_ = map(json.loads, (GOLDEN / "log.jsonl").read_text().splitlines())
    failure = refused["failure"]
    refused_doctor = {**DOCTOR, **refused, "schema": DOCTOR["schema"], "settings": [], "findings": []}
    for key in ["groups", "sessions", "blocking", "advice", "roster_gaps"]:
        del refused_doctor[key]

    # A report and a failure at once, and neither.
    head = ["captured_at", "coverage", "slots"]
    for whole, empty in [
        (audit, refused), (DOCTOR, refused_doctor), (termination, refused_termination),
    ]:
        for key in head if whole is termination else head + ["totals"]:
            yield from wrong(whole, key, None)
            yield from wrong(empty, key, whole[key])
    for key in ["groups", "sessions", "blocking", "advice"]:
        yield from wrong(refused, key, audit[key] or [])
    for key in ["settings", "findings"]:
        yield from wrong(refused_doctor, key, DOCTOR[key])
    for whole, empty in [(audit, refused), (DOCTOR, refused_doctor)]:
        yield from wrong(whole, "failure", failure)
        yield from wrong(empty, "failure", None)
    yield from wrong(refused_termination, "failure", None)
    for key in ["executed", "plan", "breaker", "outcomes", "totals", "after"]:
        value = "max_share" if key == "breaker" else termination[key] or AFTER
        yield from wrong(refused_termination, key, value)

    # What only a run that ends sessions has.
    dry = {
        **termination, "executed": False, "outcomes": [], "after": None, "failure": None,
        "totals": {**dict.fromkeys(termination["totals"], 0), "selected": 2, "over_max": 1},
    }
    for key in ["outcomes", "failure"]:
        yield from wrong(dry, key, termination[key])
    yield from wrong(dry, "after", AFTER)
    for key in ["gone", "survived", "changed", "already_gone", "refused", "not_attempted"]:
        yield from wrong(dry, "totals", key, 1)

    suspect = audit["sessions"][0]
    live = {**suspect, "verdict": "live", "evidence": []}
    for document, path in [
        ({**audit, "sessions": [suspect]}, ["sessions", 0]),
        (termination, ["plan", "selected", 0]),
        (intent, []),
    ]:
        yield from wrong(document, *path, "evidence", [])
        for verdict in ["live", "hidden"]:
            yield from wrong(document, *path, "verdict", verdict)
    for verdict in ["suspect", "orphan"]:
        yield from wrong({**audit, "sessions": [live]}, "sessions", 0, "verdict", verdict)

    for key in ["pid", "verdict", "name"]:
        yield from wrong(audit, "groups", 0, "key", key, "a")
        yield from wrong(audit, "groups", 0, "key", {key: "a"})
    yield from wrong(audit, "target", "port", 0)
    for moment in [
        "2026-99-99T99:99:99.999999Z", "2026-00-01T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z",
        "2026-01-00T00:00:00.000000Z", "2026-01-32T00:00:00.000000Z", "2026-01-01T24:00:00.000000Z",
        "2026-01-01T00:60:00.000000Z", "2026-01-01T00:00:60.000000Z", "02026-01-01T00:00:00.000000Z",
    ]:
        yield from wrong(audit, "captured_at", moment)
        yield from wrong(begin, "at", moment)

    for path, value in places(audit, ()):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield from wrong(audit, *path, 1e30)
    yield from wrong(begin, "selected", 1e30)
    instances = {"kind": "instances", "application": None, "user": None, "database": None, "count": 1}
    declared = changed(audit, ("judged_with", "declarations"), [instances])
    for count in [0, 1e30]:
        yield from wrong(declared, "judged_with", "declarations", 0, "count", count)
    for value in [1e30, -1]:
        limit = {"kind": "pooler", "name": None, "value": 1}
        limited = changed(refused, ("failure", "limit"), limit)
        yield from wrong(limited, "failure", "limit", "value", value)

    yield from wrong(FLEET, "reports", [])
    of_each = [audit, termination, DOCTOR]
    for first in of_each:
        for second in of_each:
            if first is not second:
                fleet = {**FLEET, "reports": [first, first]}
                name = f"{first['schema']} and {second['schema']} in one fleet"
                yield name, changed(fleet, ("reports", 1), second), fleet


def places(value, path):
    yield path, value
    items = []
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield from places(item, path + (key,))


def wrong_values(path, value):
    # A word where there is a number and the other way round; an object where there is none.
    yield [{}] if isinstance(value, (dict, str)) else {"no_such_key": 1}
    if isinstance(value, (bool, int, float)):
        yield "text"
    if isinstance(value, str):
        yield 1
        if TIME.fullmatch(value):
            yield value[:-1]
            yield value.replace("Z", "+00:00")
            yield value[:-4] + "Z"
            yield value.replace("T", " ")
        if path[-1] in CLOSED or path[-2:-1] == ("holds",):
            yield "no_such_word"
            yield value.upper()
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield -2


def changed(document, path, *value):
    document = copy.deepcopy(document)
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    if value:
        parent[path[-1]] = value[0]
    else:
        del parent[path[-1]]
    return document


class Validation(unittest.TestCase):
    def test_takes_what_is_whole(self):
        for document in valid_documents():
            self.assertIsNone(check_json.problem(json.dumps(document), CHECKERS))

    def test_refuses_what_is_broken(self):
        count = 0
        for document in valid_documents():
            for what, wrong in broken(document):
                with self.subTest(schema=document["schema"], what=what):
                    self.assertFalse(is_valid(wrong))
                count += 1
        print(f"{count} broken documents were refused")
        self.assertGreater(count, 2000)

    def test_refuses_nonsense(self):
        count = 0
        for what, wrong, whole in nonsense():
            with self.subTest(schema=whole["schema"], what=what[:200]):
                self.assertIsNone(check_json.problem(json.dumps(whole), CHECKERS))
                self.assertTrue(is_valid_to_readers(whole))
                self.assertFalse(is_valid(wrong))
                self.assertFalse(is_valid_to_readers(wrong))
            count += 1
        print(f"{count} nonsensical documents were refused")
        self.assertGreater(count, 150)

    def test_refuses_what_no_parser_minds(self):
        whole = json.dumps(DOCTOR)
        for wrong in [
            whole.replace('"failure": null', '"failure": null, "failure": null'),
            whole.replace('"used_ratio": ', '"used_ratio": NaN, "x": '),
            whole.replace('"value": "100"', '"value": "\udc80"'),
            whole.replace("doctor/1", "doctor/2"),
        ]:
            self.assertNotEqual(wrong, whole)
            self.assertIsNotNone(check_json.problem(wrong, CHECKERS))


class Gathering(unittest.TestCase):
    def check(self, wants_all=False, **files):
        """What the check prints of these files, and its exit status."""
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
            for name, text in files.items():
                (pathlib.Path(folder) / name.replace("_", ".")).write_text(text)
            status = check_json.check(folder, wants_all)
        return status, out.getvalue()

    def test_finds_documents_among_other_text(self):
        texts = [json.dumps(DOCTOR), json.dumps(DOCTOR, indent=2)]
        text = f"a warning\n{texts[0]}\nanother {{\r\n{texts[1]}\r\n{texts[0]}\n"
        self.assertEqual(list(check_json.documents(text)), [texts[0], texts[1], texts[0]])

    def test_says_where_a_wrong_one_comes_from(self):
        wrong = json.dumps(changed(DOCTOR, ("findings", 0, "code"), "new"))
        status, said = self.check(a_whole=f"pgsessions doctor --json\n{wrong}\n")
        self.assertEqual(status, 1)
        self.assertIn("pgsessions doctor --json: pgsessions/doctor/1, $.findings[0].code", said)

    def test_takes_torn_ones_only_where_somebody_was_killed(self):
        torn = "origin\n" + json.dumps(DOCTOR)[:-5]
        self.assertEqual(self.check(a_torn=torn)[0], 0)
        status, said = self.check(a_whole=torn)
        self.assertEqual(status, 1)
        self.assertIn("origin: has no end", said)

    def test_wants_one_of_each(self):
        status, said = self.check(wants_all=True)
        self.assertEqual(status, 1)
        self.assertIn("no document of pgsessions/doctor/1 was produced", said)
        rest = "\n".join(map(json.dumps, [DOCTOR, FLEET]))
        self.assertEqual(self.check(wants_all=True, a_whole=f"origin\n{rest}\n")[0], 0)


if __name__ == "__main__":
    unittest.main()
