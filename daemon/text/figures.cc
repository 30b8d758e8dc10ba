#include "daemon/text/figures.h"

#include <array>
#include <cstdio>

namespace aside {
namespace {

std::string printed(const char* format, double value) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

}  // namespace

std::string tokens_text(std::int64_t count) {
  if (count < 1000) return std::to_string(count);
  const auto thousands = static_cast<double>(count) / 1e3;
  if (thousands < 99.95) return printed("%.1fk", thousands);
  if (thousands < 999.5) return printed("%.0fk", thousands);
  return printed("%.1fM", thousands / 1e3);
}

std::string counted_tokens(std::int64_t count) {
  return tokens_text(count) + (count == 1 ? " token" : " tokens");
}

std::string dollars_text(double dollars) {
  if (!(dollars > 0)) return "$0";
  if (dollars < 0.0001) return "< $0.0001";
  return printed(dollars < 0.00995 ? "$%.4f" : dollars < 0.9995 ? "$%.3f" : "$%.2f", dollars);
}

std::string mebibytes_text(std::size_t bytes) {
  constexpr std::size_t mib = 1024 * 1024;
  const std::size_t tenths = (bytes * 10 + mib - 1) / mib;
  return std::to_string(tenths / 10) + (tenths % 10 ? "." + std::to_string(tenths % 10) : "") + " MiB";
}

}  // namespace aside
