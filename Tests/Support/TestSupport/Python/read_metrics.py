"""Reads Prometheus's text format from stdin and prints what it found as JSON."""

import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as strict

text = sys.stdin.buffer.read().decode("utf-8")
families = list(parser.text_string_to_metric_families(text))
# Twice the same metric, a sample twice, samples without a type or of another metric's name, stray
# escapes: the client's own parser lets these pass, OpenMetrics's does not.
by_rules = list(strict.text_string_to_metric_families(text + "# EOF\n"))


def seen(families):
    return [(f.name, f.type, [(s.name, s.labels, s.value) for s in f.samples]) for f in families]


if seen(families) != seen(by_rules):
    sys.exit("the two parsers read different things")
json.dump(
    {
        "families": [
            {
                "name": f.name,
                "type": f.type,
                "help": f.documentation,
                "samples": [
                    {"name": s.name, "labels": s.labels, "value": s.value} for s in f.samples
                ],
            }
            for f in families
        ]
    },
    sys.stdout,
)
