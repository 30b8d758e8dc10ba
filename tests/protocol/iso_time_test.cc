#include "protocol/iso_time.h"

#include "tests/support/test.h"

using aside::iso_milliseconds;
using aside::iso_time;

TEST_CASE("a moment is written and read back to the millisecond") {
  struct Row {
    std::int64_t moment;
    const char* text;
  };
  const Row row = GENERATE(Row{0, "1970-01-01T00:00:00.000Z"}, Row{1700000000001, "2023-11-14T22:13:20.001Z"},
                           Row{1709210096999, "2024-02-29T12:34:56.999Z"},
                           Row{253402300799999, "9999-12-31T23:59:59.999Z"});
  CHECK(iso_time(row.moment) == row.text);
  CHECK(iso_milliseconds(row.text) == row.moment);
}

TEST_CASE("milliseconds and the time of day may be left out") {
  CHECK(iso_milliseconds("2023-11-14T22:13:20Z") == 1700000000000);
  CHECK(iso_milliseconds("2023-11-14") == 1699920000000);
}

TEST_CASE("a text that is not a time is not read as a time") {
  for (const char* text :
       {"", "2023", "2023-11-14T22:13:20.001", "2023-11-14T22:13:20.01Z", "2023-11-14 22:13:20Z",
        "2023-13-14", "2023-02-29", "2023-11-14T24:00:00Z", "2023-11-14T22:60:00Z", "2023-11-14T22:13:60Z",
        "-023-11-14", "2023-11-14T22:13:20.001Zx", "2023-11-1x", "2023-11-14T22:13:20+0"}) {
    CAPTURE(text);
    CHECK_FALSE(iso_milliseconds(text));
  }
}
