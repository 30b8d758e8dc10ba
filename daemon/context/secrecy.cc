#include "daemon/context/secrecy.h"

#include <algorithm>

#include "daemon/system/file_bytes.h"
#include "daemon/text/glob.h"

namespace aside {
namespace {

constexpr std::string_view everything = "*";

struct Asideignore {
  std::vector<std::string> patterns;
  std::size_t bytes = 0;
};

// Returns the patterns in the text of an `.asideignore`.
std::vector<std::string> patterns_of(std::string_view text) {
  std::vector<std::string> patterns;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
      line.remove_suffix(1);
    if (line.empty() || line[0] == '#' || line[0] == '!') continue;
    patterns.emplace_back(line);
  }
  return patterns;
}

// An `.asideignore` that can't be read as a whole counts as the pattern `*`.
Asideignore asideignore_of(const std::string& folder) {
  const FileBytes file = read_file_bytes(folder + "/.asideignore", max_asideignore_bytes);
  if (file.outcome == FileBytes::Outcome::Missing) return {};
  Asideignore found{patterns_of(file.bytes), file.bytes.size()};
  if (file.outcome != FileBytes::Outcome::Read || found.patterns.size() > max_asideignore_patterns)
    found.patterns = {std::string(everything)};
  return found;
}

}  // namespace

const std::vector<std::string>& built_in_secret_files() {
  // Names that are hardly used for anything but secrets. "credentials" and "*.crt" are not listed, since source
  // folders and public certificates have such names, too. Files that only sometimes hold a key (config.json) are not
  // listed either.
  static const std::vector<std::string> patterns = {
      // Environments, except the examples that are usually committed.
      "*.env", ".env", ".env.*", ".envrc", "!.env.example", "!.env.sample", "!.env.template", "!.env.dist",
      "!example.env", "!sample.env",
      // Private keys, and stores of private keys. Public keys end in .pub.
      "*.pem", "*.key", "*.p12", "*.pfx", "*.p8", "*.ppk", "*.jks", "*.keystore", "*.kdbx", "*.kdb",
      "*.pkcs12", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk", ".ssh/",
      ".gnupg/",
      // Passwords and tokens that programs store.
      ".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".my.cnf", ".htpasswd", ".git-credentials",
      ".dockercfg", ".s3cfg", ".boto", ".vault-token", ".aws/", ".azure/", ".kube/", "kubeconfig",
      "*.kubeconfig", "**/.docker/config.json", "**/.cargo/credentials*", "**/.gem/credentials",
      "**/.config/gcloud/", "**/.config/gh/hosts.yml",
      // Secrets for deployments. Terraform's state and variables hold passwords in plain text.
      "credentials.json", "client_secret*.json", "service-account*.json", "secrets.*", "*.secrets",
      "master.key", "*.tfstate", "*.tfstate.*", "*.tfvars", "vault.yml"};
  return patterns;
}

std::optional<std::string> secret_name(std::string_view path, const std::vector<std::string>& patterns) {
  for (auto pattern = patterns.rbegin(); pattern != patterns.rend(); ++pattern) {
    const bool takes_back = pattern->starts_with('!');
    if (!glob_names(std::string_view(*pattern).substr(takes_back), path)) continue;
    if (takes_back) return std::nullopt;
    return *pattern;
  }
  return std::nullopt;
}

std::vector<std::string> read_asideignore(const std::string& folder) {
  return asideignore_of(folder).patterns;
}

std::optional<std::string> named_by_asideignore(const std::string& workspace_folder, std::string_view path) {
  std::string folder = workspace_folder;
  std::size_t bytes = 0, patterns = 0;
  for (;;) {
    const Asideignore found = asideignore_of(folder);
    bytes += found.bytes;
    patterns += found.patterns.size();
    if (auto pattern = secret_name(path, found.patterns)) return pattern;
    if (bytes > max_asideignore_bytes || patterns > max_asideignore_patterns) return std::string(everything);
    while (path.starts_with('/')) path.remove_prefix(1);
    const std::size_t slash = path.find('/');
    if (slash == path.npos) return std::nullopt;
    folder += "/" + std::string(path.substr(0, slash));
    path.remove_prefix(slash + 1);
  }
}

bool AsideignoreFiles::name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const Folder& folder = this->folder(std::string(path.substr(0, slash == path.npos ? 0 : slash)));
  if (folder.everything) return true;
  return std::any_of(folder.patterns.begin(), folder.patterns.end(), [&](const auto& of_one) {
    return secret_name(path.substr(of_one.first), of_one.second).has_value();
  });
}

const AsideignoreFiles::Folder& AsideignoreFiles::folder(const std::string& path) {
  if (const auto known = folders_.find(path); known != folders_.end()) return known->second;
  const std::size_t slash = path.rfind('/');
  Folder folder;
  if (!path.empty()) folder = this->folder(path.substr(0, slash == path.npos ? 0 : slash));
  if (!folder.everything) {
    Asideignore own = asideignore_of(workspace_folder_ + "/" + path);
    folder.bytes += own.bytes;
    folder.count += own.patterns.size();
    folder.everything = folder.bytes > max_asideignore_bytes || folder.count > max_asideignore_patterns;
    const std::size_t below = path.empty() ? 0 : path.size() + 1;
    if (!own.patterns.empty()) folder.patterns.emplace_back(below, std::move(own.patterns));
  }
  return folders_.emplace(path, std::move(folder)).first->second;
}

}  // namespace aside
