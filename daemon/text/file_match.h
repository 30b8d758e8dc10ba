// Ranks the names of files for a few typed letters, for the `@` of a question. Called by WorkspaceFiles, for each file of a
// workspace and each key: so it is linear in the length of a path. Small and capital ASCII letters are the same. Pure.
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

  // How well the letters fit a path with `/` between its parts; more is better. nullopt: they aren't in it in this order.
  // The order of what fits: the whole base name, its beginning, a part of it, the first letters of its words; then the same
  // of the path; then any letters of either. Of equals the shorter name is better. A query with a slash means the path.
  std::optional<int> score(std::string_view path) const;
  std::uint64_t characters() const { return characters_; }

 private:
  std::string letters_;  // small
  std::uint64_t characters_ = 0;
  bool has_slash_ = false;
};

// To be added to a score: how near a path is to that of the file that the question is about.
int nearness(std::string_view path, std::string_view to);
// To be added to the score of a file that was shared lately.
inline constexpr int shared_lately = 250;

}  // namespace aside
