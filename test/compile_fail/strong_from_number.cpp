// SPDX-License-Identifier: MIT
// A plain number does not become a strong one by itself.
#include <duet/base/strong.hpp>

using Ssrc = duet::Strong<struct SsrcTag, unsigned>;

#ifdef RIGHT
Ssrc ssrc() { return Ssrc{7}; }
#else
Ssrc ssrc() { return 7; }
#endif
