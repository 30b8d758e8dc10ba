#include "daemon/text/file_match.h"

#include <algorithm>
#include <cstddef>

#include "daemon/text/ascii.h"

namespace aside {
namespace {

constexpr std::size_t max_letters = 100;
constexpr auto nowhere = std::string_view::npos;

// The ways in which a query can fit, from none to the best. The distance between two ways is larger than what `score`
// adds or subtracts for the length of a name and for gaps, so a better way always wins.
enum Fit {
  Nothing = 0,
  PathLetters = 1000,
  BaseLetters = 2000,
  PathWords = 3000,
  PathPart = 4000,
  BaseWords = 5000,
  BasePart = 6000,
  BaseBeginning = 7000,
  WholeBase = 8000,
};
constexpr int max_gaps = 400, max_length = 200;

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

constexpr bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

bool begins_word(std::string_view text, std::size_t at) {
  if (at == 0) return true;
  const char before = text[at - 1], c = text[at];
  if (before == '/' || before == '_' || before == '-' || before == '.' || before == ' ') return true;
  return (is_capital(c) && !is_capital(before)) || (is_digit(c) && !is_digit(before));
}

// Where the letters occur in a text next to each other, preferably at the beginning of a word. `nowhere` if they don't
// occur so.
std::size_t part(std::string_view text, std::string_view letters) {
  std::size_t found = nowhere;
  for (std::size_t at = 0; at + letters.size() <= text.size(); ++at) {
    std::size_t i = 0;
    while (i < letters.size() && lower(text[at + i]) == letters[i]) ++i;
    if (i < letters.size()) continue;
    if (begins_word(text, at)) return at;
    if (found == nowhere) found = at;
  }
  return found;
}

// Whether the text has all letters in this order, each directly after the letter before it or at the beginning of a
// word.
bool fits_words(std::string_view text, std::string_view letters) {
  std::size_t i = 0;
  bool follows = false;
  for (std::size_t at = 0; at < text.size() && i < letters.size(); ++at) {
    const bool same = lower(text[at]) == letters[i];
    follows = same && (follows || begins_word(text, at));
    if (follows) ++i;
  }
  return i == letters.size();
}

// The number of other characters between the letters, at the last place in the text that has all letters in this order.
// `nowhere` if no place has them.
std::size_t gaps(std::string_view text, std::string_view letters) {
  std::size_t i = letters.size(), last = 0;
  for (std::size_t at = text.size(); at-- > 0 && i > 0;) {
    if (lower(text[at]) != letters[i - 1]) continue;
    if (i == letters.size()) last = at;
    if (--i == 0) return last - at + 1 - letters.size();
  }
  return nowhere;
}

int less(std::size_t amount, int most) {
  return static_cast<int>(std::min(amount, static_cast<std::size_t>(most)));
}

}  // namespace

std::uint64_t characters_of(std::string_view text) {
  std::uint64_t set = 0;
  for (const char c : text) set |= std::uint64_t{1} << (static_cast<unsigned char>(lower(c)) % 64);
  return set;
}

FileQuery::FileQuery(std::string_view typed) {
  for (const char c : typed)
    if (c != ' ' && c != '\t' && c != '\n' && letters_.size() < max_letters) letters_ += lower(c);
  characters_ = characters_of(letters_);
  has_slash_ = letters_.find('/') != letters_.npos;
}

std::optional<int> FileQuery::score(std::string_view path) const {
  const std::size_t slash = path.rfind('/');
  const std::string_view base = slash == nowhere ? path : path.substr(slash + 1);
  const int length = less(base.size(), max_length / 2) + less(path.size() / 4, max_length / 2);
  if (letters_.empty()) return -length;
  int fit = Nothing;
  if (!has_slash_) {
    const std::size_t at = part(base, letters_);
    if (at == 0)
      fit = letters_.size() == base.size() || (base.find('.') == letters_.size()) ? WholeBase : BaseBeginning;
    else if (at != nowhere)
      fit = BasePart + (begins_word(base, at) ? max_gaps : 0);
    else if (fits_words(base, letters_))
      fit = BaseWords;
  }
  if (fit == Nothing) {
    const std::size_t at = part(path, letters_);
    if (at != nowhere)
      fit = PathPart + (begins_word(path, at) ? max_gaps : 0);
    else if (fits_words(path, letters_))
      fit = PathWords;
  }
  if (fit == Nothing) {
    const std::size_t in_base = has_slash_ ? nowhere : gaps(base, letters_);
    const std::size_t in_path = in_base == nowhere ? gaps(path, letters_) : nowhere;
    if (in_base != nowhere)
      fit = BaseLetters - less(in_base * 8, max_gaps);
    else if (in_path != nowhere)
      fit = PathLetters - less(in_path * 8, max_gaps);
    else
      return std::nullopt;
  }
  return fit - length;
}

int nearness(std::string_view path, std::string_view to) {
  constexpr int of_folder = 20, most = 5;
  int folders = 0;
  std::size_t shared = 0;
  while (shared < path.size() && shared < to.size() && path[shared] == to[shared]) {
    if (path[shared] == '/') ++folders;
    ++shared;
  }
  const bool same_folder = path.find('/', shared) == nowhere && to.find('/', shared) == nowhere;
  return of_folder * std::min(folders, most) + (same_folder ? 2 * of_folder : 0);
}

}  // namespace aside
