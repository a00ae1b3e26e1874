#include <stdexcept>

// Some malformed keys end in an assertion of toml++ 3.3; to us that is one more error of the text.
#define TOML_ASSERT(holds) \
  do { \
    if (!(holds)) throw std::logic_error("it is malformed"); \
  } while (false)
#define TOML_EXCEPTIONS 1
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "CToml.h"

namespace {

using Visit = void (*)(void *, const ctoml_node *);

void tell(const toml::node &value, ctoml_node node, void *context, Visit visit);

void close(void *context, Visit visit) {
  ctoml_node end{};
  end.kind = ctoml_end;
  visit(context, &end);
}

void tell(const toml::table &table, ctoml_node node, void *context, Visit visit) {
  node.kind = ctoml_table;
  visit(context, &node);
  for (auto &&[key, value] : table) {
    ctoml_node entry{};
    entry.key = key.str().data();
    entry.key_length = key.str().size();
    entry.line = key.source().begin.line;
    tell(value, entry, context, visit);
  }
  close(context, visit);
}

void tell(const toml::array &array, ctoml_node node, void *context, Visit visit) {
  node.kind = ctoml_array;
  visit(context, &node);
  for (auto &&value : array) {
    ctoml_node element{};
    element.line = value.source().begin.line;
    tell(value, element, context, visit);
  }
  close(context, visit);
}

void tell(const toml::node &value, ctoml_node node, void *context, Visit visit) {
  if (auto table = value.as_table()) return tell(*table, node, context, visit);
  if (auto array = value.as_array()) return tell(*array, node, context, visit);
  if (auto string = value.as_string()) {
    node.kind = ctoml_string;
    node.text = string->get().data();
    node.text_length = string->get().size();
  } else if (auto integer = value.as_integer()) {
    node.kind = ctoml_integer;
    node.integer = integer->get();
  } else if (auto boolean = value.as_boolean()) {
    node.kind = ctoml_boolean;
    node.boolean = boolean->get();
  } else {
    node.kind = value.is_floating_point() ? ctoml_float : ctoml_moment;
  }
  visit(context, &node);
}

}  // namespace

bool ctoml_parse(
    const char *text, size_t length, void *context, Visit visit,
    void (*problem)(void *, uint32_t, const char *, size_t)) {
  auto fail = [&](uint32_t line, std::string_view sentence) {
    problem(context, line, sentence.data(), sentence.size());
    return false;
  };
  try {
    toml::table root = toml::parse(std::string_view(text, length));
    ctoml_node node{};
    node.line = 1;
    tell(root, node, context, visit);
    return true;
  } catch (const toml::parse_error &error) {
    return fail(error.source().begin.line, error.description());
  } catch (const std::exception &error) {
    return fail(0, error.what());
  }
}
