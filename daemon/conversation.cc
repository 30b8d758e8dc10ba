#include "daemon/conversation.h"
