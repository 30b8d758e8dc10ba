#include "daemon/text/imports.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "daemon/text/alignment.h"
#include "daemon/text/ascii.h"
#include "protocol/blank.h"

namespace aside {
namespace {

constexpr std::size_t max_name_bytes = 300;

enum class Language { None, C, JavaScript, Python };

constexpr std::string_view headers[] = {"h", "hpp", "hh", "hxx", "H"};
constexpr std::string_view sources[] = {"c", "cc", "cpp", "cxx", "C", "m", "mm"};
constexpr std::string_view scripts[] = {"ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"};

template <std::size_t Size>
bool one_of(std::string_view extension, const std::string_view (&known)[Size]) {
  return std::find(std::begin(known), std::end(known), extension) != std::end(known);
}

std::string_view extension(std::string_view name) {
  const std::size_t dot = name.rfind('.'), slash = name.rfind('/');
  if (dot == name.npos || (slash != name.npos && dot < slash)) return {};
  return name.substr(dot + 1);
}

Language language(std::string_view file_name) {
  const std::string_view known = extension(file_name);
  if (one_of(known, headers) || one_of(known, sources)) return Language::C;
  if (one_of(known, scripts) || known == "vue" || known == "svelte") return Language::JavaScript;
  return known == "py" || known == "pyi" ? Language::Python : Language::None;
}

bool is_in_identifier(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '$';
}

// The text in quotes with which `line` begins.
std::optional<std::string_view> quoted(std::string_view line) {
  line = trimmed(line);
  if (line.empty() || (line[0] != '"' && line[0] != '\'')) return std::nullopt;
  const std::size_t end = line.find(line[0], 1);
  if (end == line.npos || end == 1 || end > max_name_bytes) return std::nullopt;
  return line.substr(1, end - 1);
}

void of_c(std::string_view line, std::vector<Import>& found) {
  if (!line.starts_with('#')) return;
  line = trimmed(line.substr(1));
  if (!line.starts_with("include") && !line.starts_with("import")) return;
  line.remove_prefix(line.find('e') == line.npos || line.starts_with("import") ? 6 : 7);
  const auto name = quoted(line);
  if (name && (*name)[0] != '/') found.push_back({{std::string(*name)}, true});
}

// The paths that the name of a relative module may mean: a file with this name, a file with this name and an extension,
// or the index file of a folder.
Import module(std::string_view name) {
  Import import;
  const std::string whole(name);
  const std::string_view known = extension(name);
  import.paths.push_back(whole);
  if (known == "js" || known == "jsx" || known == "mjs") {
    std::string source = whole;
    source.replace(source.size() - known.size() + known.find("js"), 1,
                   "t");  // TypeScript imports `x.ts` by the name of its compiled file, `x.js`
    import.paths.push_back(source);
    if (known == "js") import.paths.push_back(source + "x");
  }
  for (const std::string_view one : scripts) import.paths.push_back(whole + "." + std::string(one));
  for (const std::string_view one : {"ts", "tsx", "js", "jsx"})
    import.paths.push_back(whole + "/index." + std::string(one));
  return import;
}

void of_javascript(std::string_view line, std::vector<Import>& found) {
  std::map<std::size_t, Import> by_place;
  for (const std::string_view word : {"from", "import", "require"}) {
    for (std::size_t at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
      if (at > 0 && (is_in_identifier(line[at - 1]) || line[at - 1] == '.')) continue;
      std::string_view rest = trimmed(line.substr(at + word.size()));
      if (word != "from" && rest.starts_with('('))
        rest.remove_prefix(1);
      else if (word == "require")
        continue;
      const auto name = quoted(rest);
      if (name && (name->starts_with("./") || name->starts_with("../"))) by_place.emplace(at, module(*name));
    }
  }
  for (auto& [place, import] : by_place) found.push_back(std::move(import));
}

// The names in a list with commas. A name ends at the first character that can't be part of it: the names in
// "a.b as c, d" are a.b and d.
std::vector<std::string> python_names(std::string_view list) {
  std::vector<std::string> names;
  list = list.substr(0, list.find('#'));
  while (!list.empty()) {
    std::string_view one = trimmed(list.substr(0, list.find(',')));
    list.remove_prefix(std::min(list.find(','), list.size() - 1) + 1);
    while (one.starts_with('(')) one = trimmed(one.substr(1));
    one = one.substr(0, word_bytes(one));
    while (one.ends_with(')') || one.ends_with(';')) one.remove_suffix(1);
    const bool plain =
        !one.empty() && one.size() <= max_name_bytes &&
        std::all_of(one.begin(), one.end(), [](char c) { return is_in_identifier(c) || c == '.'; });
    if (plain) names.emplace_back(one);
  }
  return names;
}

// The files that the name of a module may mean. Each dot at its beginning, except the first, leads one folder up.
Import python_module(std::string_view name) {
  std::string path;
  Import import{{}, !name.starts_with('.')};
  if (!import.above) name.remove_prefix(1);
  for (; name.starts_with('.'); name.remove_prefix(1)) path += "../";
  for (const char c : name) path += c == '.' ? '/' : c;
  if (name.empty()) {
    import.paths = {path + "__init__.py"};
  } else {
    import.paths = {path + ".py", path + "/__init__.py"};
  }
  return import;
}

void of_python(std::string_view line, std::vector<Import>& found) {
  if (line.starts_with("import ")) {
    for (const std::string& name : python_names(line.substr(7)))
      if (!name.starts_with('.')) found.push_back(python_module(name));
  } else if (line.starts_with("from ")) {
    line = trimmed(line.substr(5));
    const std::size_t words = line.find(" import");
    if (words == line.npos) return;
    const std::vector<std::string> module = python_names(line.substr(0, words));
    if (module.size() != 1) return;
    for (const std::string& name : python_names(line.substr(words + 7)))
      found.push_back(python_module(module[0].ends_with('.') ? module[0] + name : module[0] + "." + name));
    found.push_back(python_module(module[0]));
  }
}

}  // namespace

std::vector<Import> imports(std::string_view text, std::string_view file_name) {
  const Language written_in = language(file_name);
  std::vector<Import> found, each;
  if (written_in == Language::None) return each;
  for (std::string_view line : lines_of(text)) {
    line = trimmed(line);
    if (line.empty() || line.starts_with("//")) continue;
    found.clear();
    if (written_in == Language::C) of_c(line, found);
    if (written_in == Language::JavaScript) of_javascript(line, found);
    if (written_in == Language::Python) of_python(line, found);
    for (Import& import : found) {
      if (each.size() == max_imports) return each;
      if (std::find(each.begin(), each.end(), import) == each.end()) each.push_back(std::move(import));
    }
  }
  return each;
}

std::vector<std::string> other_halves(std::string_view file_name) {
  const std::string_view known = extension(file_name);
  const std::string base(file_name.substr(0, file_name.size() - known.size()));
  std::vector<std::string> names;
  if (one_of(known, sources))
    for (const std::string_view header : headers) names.push_back(base + std::string(header));
  if (one_of(known, headers))
    for (const std::string_view source : sources) names.push_back(base + std::string(source));
  return names;
}

}  // namespace aside
