// SPDX-License-Identifier: GPL-3.0-or-later
// SIGINT and SIGTERM become a stop request.
#pragma once

#include <stop_token>

namespace quantlathe::cli {

/// Call first thing in main(), before any thread starts. The first signal asks @p stop; a second one, or no end within a few
/// seconds, ends the process with exit code 130 (an export then leaves what --resume needs).
void stopOnSignals(std::stop_source stop);

} // namespace quantlathe::cli
