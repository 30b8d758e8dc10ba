// Defines the main function of the tests for Catch2 2; Catch2 3 has a main function itself.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
