"""Reads Kubernetes manifests in YAML from stdin, holds each strictly against the schemas of old and
new versions (a key that a schema doesn't name is wrong), and prints them as JSON."""

import json
import sys

import kubernetes_validate
import yaml

VERSIONS = ["1.27", "1.31", "1.37"]


class Loader(yaml.SafeLoader):
    """A key that stands twice is an error: which one holds is anybody's guess."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        if len(keys) != len(set(keys)):
            sys.exit(f"line {node.start_mark.line + 1}: a key stands twice among {keys}")
        return super().construct_mapping(node, deep)


documents = list(yaml.load_all(sys.stdin.buffer.read().decode("utf-8"), Loader=Loader))
for document in documents:
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            place = ".".join(str(step) for step in error.path)
            sys.exit(f"{document['kind']} in {version}: {place}: {error.message}")
        except kubernetes_validate.SchemaNotFoundError as error:
            sys.exit(error.message)
json.dump({"documents": documents}, sys.stdout)
