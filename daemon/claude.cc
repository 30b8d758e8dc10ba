#include "daemon/claude.h"
