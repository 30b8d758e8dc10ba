// placeholder
#pragma once
#include "daemon/conversation.h"
