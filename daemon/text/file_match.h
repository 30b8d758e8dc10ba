// Ranks the names of files by how well they fit a few letters that the user has typed after `@` in a question.
// WorkspaceFiles calls this for every file of a workspace after each key press, so the time is linear in the length of
// a path. Small and capital ASCII letters are the same. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aside {

// The characters that a text has, as a set of bits. A query fits only texts that have all bits of the query.
std::uint64_t characters_of(std::string_view text);

class FileQuery {
 public:
  // Blanks are left out. Only the first 100 bytes count.
  explicit FileQuery(std::string_view typed);

  // Returns how well the letters fit a path with `/` between its parts; a larger number is better. Returns nullopt if
  // the path doesn't have the letters in this order. From the best fit to the worst: the whole base name (the part
  // after the last slash), its beginning, a part of it, the first letters of its words, a part of the path, the first
  // letters of the path's words, any letters of the base name, any letters of the path. If two paths fit equally well,
  // the shorter one is better. A query with a slash is compared only with the whole path.
  std::optional<int> score(std::string_view path) const;
  std::uint64_t characters() const { return characters_; }

 private:
  std::string letters_;  // small
  std::uint64_t characters_ = 0;
  bool has_slash_ = false;
};

// How near a path is to the path of the file that the question is about. The caller adds this to the score.
int nearness(std::string_view path, std::string_view to);
// The caller adds this to the score of a file that was shared lately.
inline constexpr int shared_lately = 250;

}  // namespace aside
