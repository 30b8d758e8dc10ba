#include "daemon/text/indentation.h"

#include <algorithm>
#include <cstddef>

#include "protocol/blank.h"

namespace aside {
namespace {

bool mixed(std::string_view line) {
  const std::string_view indentation = indentation_of(line);
  return indentation.find(' ') != indentation.npos && indentation.find('\t') != indentation.npos;
}

}  // namespace

std::string_view indentation_of(std::string_view line) {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

std::string_view without_indentation(std::string_view line) {
  return line.substr(indentation_of(line).size());
}

std::string_view common_indentation(const Lines& lines) {
  std::optional<std::string_view> common;
  for (const std::string_view line : lines) {
    if (blank(line)) continue;
    const std::string_view own = indentation_of(line);
    if (!common) common = own;
    const auto same = std::mismatch(common->begin(), common->end(), own.begin(), own.end()).first;
    *common = common->substr(0, static_cast<std::size_t>(same - common->begin()));
  }
  return common.value_or("");
}

std::optional<std::vector<std::string>> reindented(const Lines& lines, std::string_view from,
                                                   std::string_view to, const Lines& beside) {
  std::string_view add, remove;
  if (to.ends_with(from))
    add = to.substr(0, to.size() - from.size());
  else if (from.ends_with(to))
    remove = from.substr(0, from.size() - to.size());
  else
    return std::nullopt;
  const bool mixed_beside = std::any_of(beside.begin(), beside.end(), mixed);
  std::vector<std::string> made;
  for (const std::string_view line : lines) {
    if (blank(line)) {
      made.emplace_back(line);
      continue;
    }
    if (!line.starts_with(remove)) return std::nullopt;
    made.push_back(std::string(add) + std::string(line.substr(remove.size())));
    if (mixed(made.back()) && !mixed_beside) return std::nullopt;
  }
  return made;
}

}  // namespace aside
