#include "daemon/lease.h"
