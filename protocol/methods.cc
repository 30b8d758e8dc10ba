#include "protocol/methods.h"
