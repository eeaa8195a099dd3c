// SPDX-License-Identifier: MIT
// A core file can not include a header of the shell.

#ifdef RIGHT
#include <duet/base/time.hpp>
#else
#include <duet/http/message.hpp>
#endif
