// A hash of 128 bits, similar to FNV. The hash isn't cryptographic: it only has to differ between the prompts
// of a test. Its digits are its whole state, so that hashing can continue from the digits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aside::test {

class Hash {
 public:
  static constexpr std::size_t digits = 32;

  static Hash from(std::string_view hex) {
    Hash hash;
    hash.one_ = half(hex.substr(0, digits / 2));
    hash.two_ = half(hex.substr(digits / 2));
    return hash;
  }

  Hash& add(std::string_view bytes) {
    for (char byte : bytes) mix(static_cast<unsigned char>(byte));
    mix(0x100);  // marks the end with a value that is no byte, so that "ab"+"c" differs from "a"+"bc"
    return *this;
  }
  std::string hex() const {
    static constexpr char figures[] = "0123456789abcdef";
    std::string out;
    for (std::uint64_t half : {one_, two_}) {
      for (int shift = 60; shift >= 0; shift -= 4) out += figures[(half >> shift) & 15];
    }
    return out;
  }

 private:
  static std::uint64_t half(std::string_view hex) {
    std::uint64_t value = 0;
    for (char c : hex) value = value << 4 | static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    return value;
  }
  void mix(unsigned value) {
    one_ = (one_ ^ value) * 0x100000001b3u;
    two_ = (two_ ^ value ^ (one_ >> 56)) * 0x9e3779b97f4a7c15u;
  }

  std::uint64_t one_ = 0xcbf29ce484222325u;
  std::uint64_t two_ = 0x6c62272e07bb0142u;
};

}  // namespace aside::test
