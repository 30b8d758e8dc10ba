#include "daemon/transcript.h"
