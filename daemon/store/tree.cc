#include "daemon/store/tree.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/conversations.h"
#include "daemon/store/search.h"
#include "daemon/store/turns.h"

namespace aside {

Tree read_tree(Transaction& work, std::int64_t thread) {
  Tree tree{read_conversation(work, thread), {}, {}};
  if (const auto first = work.number("SELECT visited FROM threads WHERE number = ?", {thread}))
    tree.visited[""] = turn_id(*first);
  std::vector<std::int64_t> numbers;
  {
    Rows rows = work.rows("SELECT number, visited FROM turns WHERE thread = ? ORDER BY number", {thread});
    while (rows.next()) {
      numbers.push_back(rows.number(0));
      if (!rows.null(1)) tree.visited[turn_id(rows.number(0))] = turn_id(rows.number(1));
    }
  }
  tree.turns = read_turns(work, numbers);
  read_blocks(work, numbers, tree.turns);
  return tree;
}

void insert_tree(Transaction& work, std::int64_t thread, const Tree& tree) {
  std::map<std::string, std::int64_t> numbers;
  const auto number = [&numbers](const std::string& id) -> std::optional<std::int64_t> {
    const auto found = numbers.find(id);
    return found == numbers.end() ? std::nullopt : std::optional(found->second);
  };
  for (const Turn& turn : tree.turns) {
    const std::int64_t inserted = insert_turn(work, thread, number(turn.parent), turn, Origin::Imported);
    numbers[turn.id] = inserted;
    index_turn(work, inserted);
  }
  for (const auto& [turn, next] : tree.visited) {
    if (turn.empty()) continue;
    work.run("UPDATE turns SET visited = ?2 WHERE number = ?1",
             {nullable(number(turn)), nullable(number(next))});
  }
  const auto first = tree.visited.find("");
  const auto visited = first == tree.visited.end() ? std::nullopt : number(first->second);
  work.run("UPDATE threads SET head = ?2, visited = ?3, updated = ?4 WHERE number = ?1",
           {thread, nullable(number(tree.conversation.head)), nullable(visited), tree.conversation.updated});
}

}  // namespace aside
