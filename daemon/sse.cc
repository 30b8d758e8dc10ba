#include "daemon/sse.h"
