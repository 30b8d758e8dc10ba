#include "daemon/text/imports.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

// Returns the first path of each import.
std::vector<std::string> firsts(const std::string& text, const std::string& file) {
  std::vector<std::string> paths;
  for (const Import& import : imports(text, file)) paths.push_back(import.paths.front());
  return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("C and C++ include by quotes, from the file's folder or one above") {
  const std::string text =
      "#include <stdio.h>\n"
      "#include \"heap.h\"\n"
      "  #  include   \"sub/list.h\"  // why\n"
      "// #include \"no.h\"\n"
      "#include \"heap.h\"\n"
      "#include \"/etc/passwd\"\n"
      "#include MACRO\n"
      "#include \"\n"
      "#import \"view.h\"\n"
      "const char *s = \"#include \\\"no.h\\\"\";\n";
  for (const char* file : {"a/main.c", "x.cc", "x.hpp", "x.m"})
    CHECK(firsts(text, file) == Paths{"heap.h", "sub/list.h", "view.h"});
  CHECK(imports(text, "a.c").front().above);
  CHECK(firsts(text, "main.py").empty());
  CHECK(firsts(text, "main").empty());
}

TEST_CASE("JavaScript and TypeScript name relative modules") {
  const std::string text =
      "import fs from 'node:fs';\n"
      "import { a } from './a';\n"
      "import {\n"
      "  b,\n"
      "} from \"../lib/b.js\";\n"
      "import './side.css';\n"
      "export * from './c.ts';\n"
      "const d = require('./d'), e = await import('./e.mjs');\n"
      "// import x from './no';\n"
      "notrequire('./no'); x.from('./no'); from './no\n";
  CHECK(firsts(text, "page.ts") == Paths{"./a", "../lib/b.js", "./side.css", "./c.ts", "./d", "./e.mjs"});
  const std::vector<Import> found = imports(text, "x.jsx");
  const auto has = [&found](std::size_t i, const char* path) {
    const Paths& paths = found[i].paths;
    return std::find(paths.begin(), paths.end(), path) != paths.end();
  };
  CHECK_FALSE(found[0].above);
  CHECK(has(0, "./a.ts"));
  CHECK(has(0, "./a.tsx"));
  CHECK(has(0, "./a/index.js"));
  CHECK(has(1, "../lib/b.ts"));
  CHECK(has(1, "../lib/b.tsx"));
  CHECK(has(5, "./e.mts"));
}

TEST_CASE("Python's modules are files or folders") {
  const std::string text =
      "import os, app.models as m\n"
      "from app.views import index, (detail)\n"
      "from . import near\n"
      "from .sub.deep import thing  # why\n"
      "from ..up import x as y\n"
      "from app import *\n"
      "    import inner\n"
      "print('from . import no')\n"
      "from importlib import no, \n";
  CHECK(firsts(text, "main.py") == Paths{"os.py", "app/models.py", "app/views/index.py",
                                         "app/views/detail.py", "app/views.py", "near.py", "__init__.py",
                                         "sub/deep/thing.py", "sub/deep.py", "../up/x.py", "../up.py",
                                         "app.py", "inner.py", "importlib/no.py", "importlib.py"});
  const auto found = imports("import a.b\n", "x.py");
  CHECK((found == std::vector<Import>{{{"a/b.py", "a/b/__init__.py"}, true}}));
  CHECK_FALSE(imports("from . import a\n", "x.py").front().above);
}

TEST_CASE("no text makes more than a few imports") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "#include \"h" + std::to_string(i) + ".h\"\n";
  CHECK(imports(text, "a.c").size() == max_imports);
  CHECK(imports("import " + std::string(10'000, 'a') + "\n#include \"" + std::string(10'000, 'b') + "\"\n",
                "a.py")
            .empty());
}

TEST_CASE("a header and its source are halves of each other") {
  const auto has = [](const char* file, const char* other) {
    const Paths names = other_halves(file);
    return std::find(names.begin(), names.end(), other) != names.end();
  };
  CHECK(has("list.c", "list.h"));
  CHECK(has("list.h", "list.c"));
  CHECK(has("a.b.cc", "a.b.h"));
  CHECK(has("x.hpp", "x.cpp"));
  CHECK_FALSE(has("list.c", "list.cc"));
  CHECK(other_halves("main.py").empty());
  CHECK(other_halves("Makefile").empty());
}
