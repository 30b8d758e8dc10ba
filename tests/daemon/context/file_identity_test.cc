#include "daemon/context/file_identity.h"

#include <filesystem>
#include <string>

#include "tests/support/folder.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::Folder;
namespace fs = std::filesystem;

TEST_CASE("a file is known again after it was renamed, by identity and by content") {
  Folder folder;
  const std::string first = folder.write("first.c", "int main;\n");
  const std::string identity = file_identity(first), fingerprint = file_fingerprint(first);
  CHECK_FALSE(identity.empty());
  CHECK(fingerprint == "4cec38530d1e0436:10");

  fs::rename(first, folder / "second.c");
  CHECK(file_identity(folder / "second.c") == identity);
  CHECK(file_identity(first).empty());

  const std::string copy = folder.write("copy.c", "int main;\n");
  CHECK(file_identity(copy) != identity);
  CHECK(file_fingerprint(copy) == fingerprint);
  CHECK(file_fingerprint(folder.write("copy.c", "int Main;\n")) != fingerprint);

  CHECK(file_fingerprint(folder.write("empty", "")).empty());
  // A file of blank lines counts as empty.
  CHECK(file_fingerprint(folder.write("blank", std::string(3000, '\n'))).empty());
  CHECK(file_fingerprint(folder / "none").empty());
  CHECK(file_fingerprint(folder.path).empty());
  CHECK(file_identity(folder.path).empty());
  const std::string most(4 * 1024 * 1024, 'x');
  CHECK_FALSE(file_fingerprint(folder.write("most", most)).empty());
  CHECK(file_fingerprint(folder.write("huge", most + "x")).empty());
}
