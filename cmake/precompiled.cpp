// SPDX-License-Identifier: MIT
// Nothing: precompiled.hpp needs a target to belong to.
