#include "daemon/text/search_replace.h"

#include <algorithm>
#include <string_view>

namespace aside {

std::optional<SearchReplace> search_replace(const Lines& block) {
  constexpr std::string_view first = "<<<<<<< SEARCH", middle = "=======", last = ">>>>>>> REPLACE";
  if (block.size() < 3 || block.front() != first || block.back() != last) return std::nullopt;
  const auto begin = block.begin() + 1, end = block.end() - 1;
  const auto between = std::find(begin, end, middle);
  if (between == end || std::find(between + 1, end, middle) != end) return std::nullopt;
  return SearchReplace{{begin, between}, {between + 1, end}};
}

}  // namespace aside
