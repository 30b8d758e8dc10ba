// Writes texts for people: what an attachment or a question costs, and why an attachment is refused or the user is asked
// first. The results of attachment/check, attachment/expand and attachment/suggest have these texts beside the numbers, so
// that all editors show the same words. Called by results.cc. Pure.
#pragma once

#include "protocol/methods.h"

namespace aside {

// These functions fill in the texts of a result that has all its other fields: `remark`, `texts`, `size` and `price`,
// `offer`.
void add_texts(CheckResult& result);
void add_texts(ExpandResult& result);
void add_texts(SuggestResult& result);

}  // namespace aside
