// A home folder that holds a folder with files, as opened in an editor.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "tests/support/editor.h"
#include "tests/support/test.h"

namespace aside::test {

struct WorkFolder {
  Folder folder;
  std::string work = folder.path + "/work";

  WorkFolder() { std::filesystem::create_directories(work); }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories(std::filesystem::path(work + "/" + name).parent_path());
    std::ofstream(work + "/" + name, std::ios::binary) << bytes;
    return uri(name);
  }
  std::string uri(const std::string& name) const { return "file://" + work + "/" + name; }
  Editor::Options options(json settings = json::object()) const {
    return {.home = folder.path + "/home",
            .settings = std::move(settings),
            .folders = json::array({{{"uri", "file://" + work}, {"name", "work"}}})};
  }
};

}  // namespace aside::test
