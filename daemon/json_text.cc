#include "daemon/json_text.h"
