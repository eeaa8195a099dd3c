// SPDX-License-Identifier: MIT
// Ids are no quantities: they do not add.
#include <duet/base/strong.hpp>

using Ssrc = duet::Strong<struct SsrcTag, unsigned>;

#ifdef RIGHT
Ssrc next(Ssrc ssrc) { return Ssrc{ssrc.value() + 1}; }
#else
Ssrc next(Ssrc ssrc) { return ssrc + 1; }
#endif
