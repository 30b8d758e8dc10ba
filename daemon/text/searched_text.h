// Searches a text for lines that must occur in it exactly once. `locate` chooses the nearest of several places. That
// isn't safe for lines that will be changed, so this class says whether there is another place. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/text/line_edits.h"
#include "daemon/text/locate.h"

namespace aside {

class SearchedText {
 public:
  explicit SearchedText(std::string_view text);
  SearchedText(const SearchedText&) = delete;

  const SplitText& split() const { return split_; }
  const Lines& lines() const { return split_.lines; }
  Lines lines(const LineRange& range) const;

  struct Found {
    std::optional<Place> place;
    // There is another place that may be meant: its lines are at least as similar, or it is nearer to the hint.
    bool twice = false;
    bool unchanged() const { return place && place->distance == 0 && !twice; }
  };
  // `counts` says whether another place may be meant at all. Without `counts`, every place may be.
  Found find(const Lines& lines, std::optional<std::size_t> hint_line = {},
             const std::function<bool(const LineRange&)>& counts = {}) const;

 private:
  std::string_view part(std::size_t from, std::size_t to) const;

  SplitText split_;
  std::string joined_;     // only if the text has line ends that `locate` doesn't know
  std::string_view text_;  // without a byte order mark
};

}  // namespace aside
