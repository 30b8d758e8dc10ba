#include "daemon/server.h"
