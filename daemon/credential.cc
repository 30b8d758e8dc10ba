#include "daemon/credential.h"
