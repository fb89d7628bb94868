// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/signals.h"

#include "app/cli/invocation.h"

#include <csignal>
#include <ctime>
#include <thread>
#include <unistd.h>
#include <utility>

namespace quantlathe::cli {

namespace {

constexpr time_t patienceSeconds = 5;

} // namespace

void stopOnSignals(std::stop_source stop)
{
    // Every thread inherits the mask; one thread of its own waits for the signals, so nothing runs in a signal handler.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    // A file size limit shows as an error of write(), not as the end of the process.
    std::signal(SIGXFSZ, SIG_IGN);

    std::thread([signals, stop = std::move(stop)]() mutable {
        int received = 0;
        while (sigwait(&signals, &received) != 0) {
        }
        stop.request_stop();
        const timespec patience{patienceSeconds, 0};
        sigtimedwait(&signals, nullptr, &patience);
        _exit(Cancelled);
    }).detach();
}

} // namespace quantlathe::cli
