#include "daemon/server/usage_table.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include "daemon/text/figures.h"
#include "daemon/text/utf8.h"
#include "protocol/plain_text.h"

namespace aside {
namespace {

constexpr std::size_t widest_text = 60;  // characters

struct Column {
  const char* title;
  bool number;
  std::vector<std::string> cells = {};
};

std::int64_t input(const Usage& usage) {
  return usage.prompt();
}

// Returns the text on one line. A text that is too long ends with "…" or, with `keep_end`, begins with "…".
std::string fitting(std::string text, bool keep_end) {
  text = plain_line(text);
  if (utf8::count(text) <= widest_text) return text;
  const std::size_t kept = keep_end ? utf8::count(text) - widest_text + 1 : widest_text - 1;
  const std::size_t cut = utf8::bytes_of(text, kept);
  return keep_end ? "…" + text.substr(cut) : text.substr(0, cut) + "…";
}

std::string cached(const Usage& usage) {
  const std::int64_t all = input(usage);
  return all == 0 ? "" : std::to_string(usage.cache_read * 100 / all) + " %";
}

std::string cost(const UsageRow& row) {
  if (row.unpriced > 0 && row.cost.value_or(0) == 0) return "unknown";
  if (!row.cost) return "";
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "$%.3f", *row.cost);
  // Prints three decimals, so that a column is aligned. Smaller amounts are printed as everywhere else.
  const std::string priced = *row.cost < 0.00995 ? dollars_text(*row.cost) : text.data();
  // The cost of some replies isn't known, so the sum is a lower limit.
  return row.unpriced > 0 ? "≥ " + priced : priced;
}

std::string in_quotes(std::string_view text) {
  if (text.find_first_of("\",\r\n") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

// Writes a text. A file name or a question may begin with "=cmd…", which a spreadsheet would read as a formula.
std::string text_cell(const std::string& text) {
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos;
  return in_quotes(formula ? "'" + text : text);
}

std::string number_cell(double value) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.9f", value);
  std::string number = text.data();
  number.erase(number.find_last_not_of('0') + 1);
  if (number.back() == '.') number.pop_back();
  return number;
}

}  // namespace

std::string usage_table(const UsageReport& report, const UsageFilter& by, const DocumentName& name) {
  if (report.total.replies == 0) return "No reply in this time has used any tokens.\n";
  std::vector<Column> columns;
  const auto add = [&](const char* title, bool number, const auto& cell) {
    Column column{title, number};
    for (const UsageRow& row : report.rows) column.cells.push_back(cell(row));
    column.cells.push_back(number ? cell(report.total) : "");
    columns.push_back(std::move(column));
  };
  if (by.by_day) add("Day", false, [](const UsageRow& row) { return row.day; });
  if (by.by_month && !by.by_day) add("Month", false, [](const UsageRow& row) { return row.month; });
  if (by.by_file) add("File", false, [&](const UsageRow& row) { return fitting(name(row.uri), true); });
  if (by.by_conversation)
    add("Conversation", false,
        [](const UsageRow& row) { return fitting(row.title.empty() ? row.conversation : row.title, false); });
  if (by.by_model) add("Model", false, [](const UsageRow& row) { return row.model; });
  const bool only_total = columns.empty();
  if (only_total) columns.push_back({"", false, std::vector<std::string>(report.rows.size() + 1)});
  columns.front().cells.back() = "Total";
  add("Replies", true, [](const UsageRow& row) { return std::to_string(row.replies); });
  add("Cost", true, cost);
  add("Tokens in", true, [](const UsageRow& row) { return tokens_text(input(row.usage)); });
  add("Cached", true, [](const UsageRow& row) { return cached(row.usage); });
  add("Tokens out", true, [](const UsageRow& row) { return tokens_text(row.usage.output); });

  std::vector<std::size_t> widths;
  for (const Column& column : columns) {
    widths.push_back(utf8::count(column.title));
    for (const std::string& cell : column.cells) widths.back() = std::max(widths.back(), utf8::count(cell));
  }
  std::string text;
  const auto print = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string cell = cell_of(columns[i]);
      const std::size_t left = widths[i] - utf8::count(cell);
      if (i > 0) line.append(2, ' ');
      if (columns[i].number) line.append(left, ' ');
      line += cell;
      if (!columns[i].number) line.append(left, ' ');
    }
    text += line + "\n";
  };
  print([](const Column& column) { return std::string(column.title); });
  const std::size_t rows = report.rows.size();
  for (std::size_t i = only_total ? rows : 0; i <= rows; ++i)
    print([i](const Column& column) { return column.cells[i]; });
  if (report.omitted > 0)
    text += "(and " + std::to_string(report.omitted) + " rows that are not shown; the total includes them)\n";
  if (report.total.unpriced > 0)
    text += "The price of " + std::to_string(report.total.unpriced) +
            (report.total.unpriced == 1 ? " reply" : " replies") + " is not known.\n";
  return text;
}

std::string usage_csv(const UsageReport& report, const UsageFilter& by, const DocumentName& name) {
  std::string text;
  const auto line = [&text](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) text += (i == 0 ? "" : ",") + cells[i];
    text += "\r\n";
  };
  // The text cells at the beginning of a row: the fields by which the filter groups.
  using Texts = std::array<std::string, 7>;
  const auto wanted = [&by](const Texts& texts) {
    const bool wants[] = {by.by_day,          by.by_month,        by.by_file, by.by_file,
                          by.by_conversation, by.by_conversation, by.by_model};
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (wants[i]) cells.push_back(text_cell(texts[i]));
    return cells;
  };
  auto header = wanted({"day", "month", "file", "uri", "conversation", "title", "model"});
  for (const char* title :
       {"replies", "input", "cacheRead", "cacheWrite", "output", "thinking", "cost", "unpriced"})
    header.emplace_back(title);
  line(header);
  for (const UsageRow& row : report.rows) {
    auto cells = wanted({row.day, row.month, by.by_file ? name(row.uri) : "", row.uri, row.conversation,
                         row.title, row.model});
    const Usage& usage = row.usage;
    for (const std::int64_t number :
         {std::int64_t{row.replies}, usage.input, usage.cache_read, usage.cache_write, usage.output})
      cells.push_back(std::to_string(number));
    cells.push_back(usage.thinking ? std::to_string(*usage.thinking) : "");
    cells.push_back(row.cost ? number_cell(*row.cost) : "");
    cells.push_back(std::to_string(row.unpriced));
    line(cells);
  }
  return text;
}

}  // namespace aside
