#include "protocol/framing.h"
