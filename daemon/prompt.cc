#include "daemon/prompt.h"
