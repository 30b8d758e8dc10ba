#include "protocol/framing.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <new>
#include <utility>

namespace aside {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Stricter than HTTP. A line of JSON without a header is therefore not mistaken for a header.
bool is_name(std::string_view text) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

bool same_name(std::string_view name, std::string_view lower_case) {
  return std::equal(name.begin(), name.end(), lower_case.begin(), lower_case.end(),
                    [](unsigned char a, char b) { return std::tolower(a) == b; });
}

// Reads a number that consists of digits only: from_chars alone would stop at another character and accept the digits
// before it.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Returns the bytes in a form that can be printed on a terminal, with everything else escaped: the sender may have
// sent any bytes.
std::string shown(std::string_view bytes) {
  constexpr std::size_t most = 80;
  constexpr const char* hex = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '"' || c == '\\') {
      text += {'\\', c};
    } else if (byte < 0x20 || byte >= 0x7f) {
      text += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
    } else {
      text += c;
    }
  }
  return text + (bytes.size() > most ? "\"…" : "\"");
}

}  // namespace

// After each `feed` and its calls of `next`, the only unread bytes in `buffer_` are an unfinished header line.
FrameDecoder::FrameDecoder() {
  buffer_.reserve(2 * max_header_bytes + max_fed_bytes);
  header_.reserve(2 * max_header_bytes);
  skipped_.reserve(beginning_bytes);
}

void FrameDecoder::feed(std::string_view bytes) {
  if (broken()) return;
  // The rest is moved only when more than half of the buffer has been read. The total work therefore stays linear,
  // however many frames one read brings.
  if (taken_ > buffer_.size() / 2) {
    buffer_.erase(0, taken_);
    taken_ = 0;
  }
  buffer_.append(bytes);
}

Result<std::optional<std::string>> FrameDecoder::next() {
  if (broken_) return *broken_;
  skip_ -= take(skip_).size();
  while (!in_body_) {
    const auto line = take_line();
    if (broken_) return *broken_;
    if (!line) return std::optional<std::string>();
    const auto read = read_line(*line);
    if (!read) return read.error();
  }
  const std::string_view bytes = take(*length_ - body_.size());
  try {
    body_.append(bytes);
  } catch (const std::bad_alloc&) {
    return skip_body(bytes.size());
  }
  if (body_.size() < *length_) return std::optional<std::string>();
  in_body_ = false;
  length_.reset();
  return std::optional<std::string>(std::exchange(body_, {}));
}

std::string_view FrameDecoder::take(std::uint64_t most) {
  const auto bytes = std::string_view(buffer_).substr(taken_).substr(0, most);
  taken_ += bytes.size();
  return bytes;
}

// Returns the next line without its end. LSP demands CRLF; a lone LF is accepted, too.
std::optional<std::string_view> FrameDecoder::take_line() {
  const auto waiting = std::string_view(buffer_).substr(taken_);
  const auto end = waiting.find('\n');
  const auto size = end == std::string_view::npos ? waiting.size() : end + 1;
  if (header_.size() + size > max_header_bytes) {
    header_.append(waiting.substr(0, max_header_bytes));
    break_off("it is longer than " + std::to_string(max_header_bytes) + " bytes: " + shown(header_));
    return std::nullopt;
  }
  if (end == std::string_view::npos) return std::nullopt;
  auto line = take(size);
  header_.append(line);
  line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

Result<void> FrameDecoder::read_line(std::string_view line) {
  if (line.empty()) return end_header();
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_name(line.substr(0, colon)))
    return break_off(shown(line) + " is no header line");
  if (!same_name(line.substr(0, colon), "content-length")) return {};
  const auto length = number(trimmed(line.substr(colon + 1)));
  if (!length) return break_off(shown(line) + " gives no length");
  if (length_.value_or(*length) != *length) return break_off(shown(header_) + " gives two lengths");
  length_ = length;
  return {};
}

Result<void> FrameDecoder::end_header() {
  if (!length_) return break_off(shown(header_) + " gives no Content-Length");
  header_.clear();
  if (*length_ <= max_body_bytes) {
    in_body_ = true;
    return {};
  }
  skip_ = *std::exchange(length_, std::nullopt);
  skipped_.clear();
  return Error{ErrorCode::InvalidRequest,
               "a message of " + std::to_string(skip_) + " bytes was skipped: the limit is " +
                   std::to_string(max_body_bytes) + " bytes",
               {.hint = "Share a part of the document instead of all of it."}};
}

// Skips a body for which there is no more memory. `taken` bytes of the body are in neither `body_` nor `buffer_`.
Error FrameDecoder::skip_body(std::size_t taken) {
  const std::uint64_t length = *std::exchange(length_, std::nullopt);
  in_body_ = false;
  skip_ = length - body_.size() - taken;
  skipped_.assign(body_, 0, beginning_bytes);
  std::string().swap(body_);  // frees memory for the message of the error
  return Error{
      ErrorCode::InternalError,
      "a message of " + std::to_string(length) + " bytes was skipped: there is not enough memory for it",
      {.hint = "Close other programs, then try again."}};
}

Error FrameDecoder::break_off(std::string problem) {
  broken_ = Error{ErrorCode::ParseError, "the header of a message can't be read: " + std::move(problem)};
  buffer_ = {};
  taken_ = 0;
  return *broken_;
}

std::string frame(std::string_view body) {
  auto framed = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return framed.append(body);
}

}  // namespace aside
