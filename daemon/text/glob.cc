#include "daemon/text/glob.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace aside {
namespace {

using Parts = std::vector<std::string_view>;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

Parts split(std::string_view path) {
  Parts parts;
  for (std::size_t start = 0, end; start < path.size(); start = end + 1) {
    end = std::min(path.find('/', start), path.size());
    if (end > start) parts.push_back(path.substr(start, end - start));
  }
  return parts;
}

// Whether a sequence matches a pattern in which some elements (`any`) match any number of the sequence's elements.
// After a mismatch, only the last `any` has to be tried again, so the work is at most the product of the lengths.
// `next` gives the position after an element of the pattern; `fits` compares an element of the pattern with an
// element of the sequence.
template <class Any, class Next, class Fits>
bool fits_all(std::size_t pattern_size, std::size_t size, Any any, Next next, Fits fits) {
  constexpr auto nowhere = static_cast<std::size_t>(-1);
  std::size_t p = 0, i = 0, retry_p = nowhere, retry_i = 0;
  while (i < size) {
    if (p < pattern_size && any(p)) {
      retry_p = p = next(p);
      retry_i = i;
    } else if (p < pattern_size && fits(p, i)) {
      p = next(p);
      ++i;
    } else if (retry_p != nowhere) {
      p = retry_p;
      i = ++retry_i;
    } else {
      return false;
    }
  }
  while (p < pattern_size && any(p)) p = next(p);
  return p >= pattern_size;
}

// Returns the place of the "]" that closes the bracket at `at`. Returns `at` itself if nothing closes the bracket,
// which then is an ordinary character.
std::size_t bracket_end(std::string_view pattern, std::size_t at) {
  std::size_t end = at + 1;
  if (end < pattern.size() && (pattern[end] == '!' || pattern[end] == '^')) ++end;
  if (end < pattern.size() && pattern[end] == ']') ++end;  // a "]" that comes first belongs to the set
  end = pattern.find(']', end);
  return end == pattern.npos ? at : end;
}

bool in_bracket(std::string_view set, char c) {
  const bool inverted = set.starts_with('!') || set.starts_with('^');
  if (inverted) set.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const char low = lower(set[i]);
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    const char high = range ? lower(set[i + 2]) : low;
    found = found || (c >= low && c <= high);
    if (range) i += 2;
  }
  return found != inverted;
}

// Matches one name, without slashes.
bool name_fits(std::string_view pattern, std::string_view name) {
  const auto any = [&](std::size_t p) { return pattern[p] == '*'; };
  const auto next = [&](std::size_t p) {
    if (pattern[p] == '\\' && p + 1 < pattern.size()) return p + 2;
    return (pattern[p] == '[' ? bracket_end(pattern, p) : p) + 1;
  };
  const auto fits = [&](std::size_t p, std::size_t i) {
    const char c = lower(name[i]);
    if (pattern[p] == '?') return true;
    if (pattern[p] == '\\' && p + 1 < pattern.size()) return lower(pattern[p + 1]) == c;
    if (pattern[p] == '[')
      if (const std::size_t end = bracket_end(pattern, p); end > p)
        return in_bracket(pattern.substr(p + 1, end - p - 1), c);
    return lower(pattern[p]) == c;
  };
  return fits_all(pattern.size(), name.size(), any, next, fits);
}

// Whether a pattern fits the first parts of a path.
bool parts_fit(const Parts& wanted, const Parts& parts, std::size_t size) {
  const auto any = [&](std::size_t p) { return wanted[p] == "**"; };
  const auto next = [](std::size_t p) { return p + 1; };
  const auto fits = [&](std::size_t p, std::size_t i) { return name_fits(wanted[p], parts[i]); };
  return fits_all(wanted.size(), size, any, next, fits);
}

}  // namespace

bool glob_names(std::string_view pattern, std::string_view path) {
  const Parts parts = split(path);
  const bool folders_only = pattern.ends_with('/');
  const bool tied = pattern.substr(0, pattern.size() - folders_only).find('/') != pattern.npos;
  const Parts wanted = split(pattern);
  if (wanted.empty()) return false;
  // Tries each folder that holds the file, and then the file.
  for (std::size_t size = 1; size + folders_only <= parts.size(); ++size) {
    if (tied ? parts_fit(wanted, parts, size) : name_fits(wanted[0], parts[size - 1])) return true;
  }
  return false;
}

bool glob_fits(std::string_view pattern, std::string_view path) {
  const Parts wanted = split(pattern), parts = split(path);
  return !wanted.empty() && parts_fit(wanted, parts, parts.size());
}

bool is_glob(std::string_view name) {
  return name.find_first_of("*?[\\") != name.npos;
}

}  // namespace aside
