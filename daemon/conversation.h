// placeholder
#pragma once
#include "daemon/claude.h"
#include "daemon/store.h"
