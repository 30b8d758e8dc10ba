#include "daemon/documents.h"
