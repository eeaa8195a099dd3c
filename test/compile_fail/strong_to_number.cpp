// SPDX-License-Identifier: MIT
// A strong number does not become a plain one by itself.
#include <duet/base/strong.hpp>

using Ssrc = duet::Strong<struct SsrcTag, unsigned>;

#ifdef RIGHT
unsigned number(Ssrc ssrc) { return ssrc.value(); }
#else
unsigned number(Ssrc ssrc) { return ssrc; }
#endif
