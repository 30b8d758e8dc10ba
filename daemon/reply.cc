#include "daemon/reply.h"
