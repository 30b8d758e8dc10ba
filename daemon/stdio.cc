#include "daemon/stdio.h"
