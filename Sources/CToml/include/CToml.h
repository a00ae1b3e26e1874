#ifndef CTOML_H
#define CTOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// toml++ behind a C interface: a TOML 1.0 document told node by node, each with its place.

typedef enum {
  ctoml_table,
  ctoml_array,
  /// Closes the table or array that was told last and is still open.
  ctoml_end,
  ctoml_string,
  ctoml_integer,
  ctoml_float,
  ctoml_boolean,
  /// A date, a time or both.
  ctoml_moment
} ctoml_kind;

typedef struct {
  ctoml_kind kind;
  /// UTF-8, not terminated; NULL in an array and for the document itself.
  const char *key;
  size_t key_length;
  /// From 1; of the key where there is one.
  uint32_t line;
  /// A string's text, UTF-8, not terminated.
  const char *text;
  size_t text_length;
  int64_t integer;
  bool boolean;
} ctoml_node;

/// Tells the document from its root table on. Entries of a table come in the order of their keys.
/// `visit` gets pointers that hold during its call only.
///
/// Returns true, or false where the text is no TOML: then nothing was told but `problem`, with its
/// line (0: unknown) and a sentence, once.
bool ctoml_parse(
  const char *text, size_t length, void *context,
  void (*visit)(void *context, const ctoml_node *node),
  void (*problem)(void *context, uint32_t line, const char *sentence, size_t sentence_length));

#ifdef __cplusplus
}
#endif

#endif
