// What most end-to-end tests begin with: files, the stand-in for the API, and the options of an editor that uses both.
#pragma once

#include <string>
#include <utility>

#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/work_folder.h"

namespace aside::test {

// Returns a range of whole lines. They are numbered from 0, and the line `to` is not included.
inline json lines(int from, int to) {
  return {{"start", {{"line", from}, {"character", 0}}}, {"end", {{"line", to}, {"character", 0}}}};
}

// A document outside of any workspace folder.
struct Home {
  Folder folder;
  ApiServer api;
  std::string uri = "file://" + folder.write("main.c", "int main() { return 0; }\n");

  Editor::Options options(json settings = json::object()) const {
    return {.home = folder.path + "/home", .base_url = api.url(), .settings = std::move(settings)};
  }
  json last_body() const { return json::parse(api.asks().back().body); }
};

// A document in a workspace folder, which an editor may open and change.
struct World {
  explicit World(const std::string& text = "int main() {}\n") : uri(folder.write("main.c", text)) {}

  WorkFolder folder;
  ApiServer api;
  std::string uri;
  int version = 1;

  Editor::Options options() const {
    Editor::Options options = folder.options();
    options.base_url = api.url();
    return options;
  }
  void open(Editor& editor, const std::string& text) {
    editor.notify(
        "textDocument/didOpen",
        {{"textDocument", {{"uri", uri}, {"languageId", "c"}, {"version", version}, {"text", text}}}});
  }
  // Replaces these lines, as if the user typed.
  void type(Editor& editor, int from, int to, const std::string& typed) {
    const json change = {{"range", lines(from, to)}, {"text", typed}};
    editor.notify("textDocument/didChange",
                  {{"textDocument", {{"uri", uri}, {"version", ++version}}}, {"contentChanges", {change}}});
  }
  json last_body() const { return json::parse(api.asks().back().body); }
};

}  // namespace aside::test
